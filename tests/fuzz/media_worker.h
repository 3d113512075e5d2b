// The part of a worker that carries the media of anchored calls: flows, and latching behind them.
// It judges every flow by what the parties' descriptions have said, apart from the product's code.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "../ice/latching/made_checks.h"
#include "ice/latching/udp_latching.h"
#include "operations.h"
#include "relay/core/turn_framing.h"

namespace avedge::fuzz {

/// Who signs an ICE check, and for whom.
struct CheckNames {
  std::string receiver_ufrag;
  std::string sender_ufrag;
  std::string password;
};

class MediaWorker final : private FlowReader {
 public:
  /// More sources than one party may show.
  static constexpr std::size_t kMostSources = 8;

  /// `own_addresses` are those of the edge, under all names.
  explicit MediaWorker(std::vector<IpAddress> own_addresses)
      : own_addresses_{own_addresses}, latching_{*this, counters_, std::move(own_addresses)} {}

  void set_path(Time now, const UdpPath& path) {
    Seen& seen = paths_[path.id];
    seen.caller.add(path.caller);
    seen.callee.add(path.callee);
    Outcome outcome;
    latching_.set_path(now, path, outcome);
    carry_out(outcome);
  }
  void remove_path(MediaPathId id) {
    Outcome outcome;
    latching_.remove_path(id, outcome);
    carry_out(outcome);
    paths_.erase(id);
  }
  /// Takes over the paths of a data plane that only keeps books.
  void follow(Time now, const std::map<MediaPathId, UdpPath>& paths) {
    std::vector<MediaPathId> gone;
    for (const auto& [id, seen] : paths_) {
      if (!paths.contains(id)) gone.push_back(id);
    }
    for (const MediaPathId id : gone) remove_path(id);
    for (const auto& [id, path] : paths) {
      const auto known = paths_.find(id);
      if (known == paths_.end() || !known->second.is_last(path)) set_path(now, path);
    }
  }

  /// An ICE check signed by `names`; nominating or not. True if it went on to the other party.
  bool check_arrives(Time now, SocketId socket, const Endpoint& from, const CheckNames& names,
                     bool nominates) {
    note_check(socket, from, names);
    const std::string username = names.receiver_ufrag + ":" + names.sender_ufrag;
    return arrives(now, socket, from, latching::make_check(username, names.password, nominates));
  }
  /// Any other datagram. True if it went on to the other party.
  bool arrives(Time now, SocketId socket, const Endpoint& from, ConstBytes datagram) {
    const auto flow = flows_.find({socket, from, kNoChannel});
    if (flow != flows_.end() && !(flow->second.inspect_stun && is_stun(datagram))) {
      FlowUsage packet{1, datagram.size(), now, {}};
      if (is_rtp(datagram)) packet.rtp = rtp_position_of(datagram);
      usage_[flow->first] += packet;
      return true;
    }
    Outcome outcome;
    (void)latching_.handle(now, {socket, {}, from, Transport::udp}, datagram, outcome);
    carry_out(outcome);
    return !outcome.replies().empty();
  }
  void expire(Time now) {
    if (latching_.next_deadline() > now) return;
    Outcome outcome;
    latching_.expire(now, outcome);
    carry_out(outcome);
  }

  void check() const {
    for (const auto& [key, flow] : flows_) {
      require(leads_somewhere(key.socket, key.remote, flow.out_socket, flow.destination),
              "a flow from a source that was not admitted, or to a place that was not named");
    }
    require(flows_.size() <= 2 * kMostSources * paths_.size(), "the flows of a path are bounded");
    require(counters_.media_paths.value() == static_cast<std::int64_t>(paths_.size()),
            "paths are counted");
  }
  /// After the last path has gone.
  void check_empty() const {
    require(paths_.empty() && flows_.empty(), "a flow is left over");
    require(counters_.media_paths.value() == 0, "a path is left over");
    require(latching_.next_deadline() == kNever, "latching still waits for something");
  }

  [[nodiscard]] const std::map<FlowKey, FlowSpec>& flows() const { return flows_; }
  [[nodiscard]] bool is_source(SocketId socket, const Endpoint& remote) const {
    return flows_.contains({socket, remote, kNoChannel});
  }

 private:
  /// All that one party of a path has ever said, and shown by checks. What was admitted by an older
  /// description may stay until a newer one's source shows itself.
  struct Party {
    std::vector<UdpLeg> said;
    std::set<Endpoint> checked;

    void add(const UdpLeg& end) {
      if (said.empty() || !(said.back() == end)) said.push_back(end);
    }
    [[nodiscard]] SocketId socket() const { return said.back().socket; }
  };
  struct Seen {
    Party caller;
    Party callee;
    [[nodiscard]] bool is_last(const UdpPath& path) const {
      return caller.said.back() == path.caller && callee.said.back() == path.callee;
    }
  };

  static bool is_place(const Endpoint& endpoint) {
    return endpoint.port != Port{} && !endpoint.address.is_unspecified();
  }
  static bool is_stun(ConstBytes datagram) {
    return !datagram.empty() && classify(datagram[0]) == PacketKind::stun;
  }

  [[nodiscard]] FlowUsage usage(const FlowKey& key) const override {
    const auto found = usage_.find(key);
    return found == usage_.end() ? FlowUsage{} : found->second;
  }

  void carry_out(const Outcome& outcome) {
    for (const auto& reply : outcome.replies()) {
      require(is_destination(reply.socket, reply.to), "a packet to a place that was not named");
    }
    for (const FlowEdit& edit : outcome.edits()) {
      if (const auto* upsert = std::get_if<UpsertFlow>(&edit)) {
        flows_[upsert->spec.key] = upsert->spec;
      } else if (const auto* erase = std::get_if<EraseFlow>(&edit)) {
        flows_.erase(erase->key);
        usage_.erase(erase->key);
      }
    }
  }

  void note_check(SocketId socket, const Endpoint& from, const CheckNames& names) {
    for (auto& [id, seen] : paths_) {
      for (Party* party : {&seen.caller, &seen.callee}) {
        if (party->socket() == socket && knows(*party, names)) party->checked.insert(from);
      }
    }
  }
  static bool knows(const Party& party, const CheckNames& names) {
    return std::any_of(party.said.begin(), party.said.end(), [&](const UdpLeg& end) {
      return std::any_of(end.ice.begin(), end.ice.end(), [&](const IceCheckKeys& keys) {
        return keys.receiver_ufrag == names.receiver_ufrag &&
               keys.sender_ufrag == names.sender_ufrag &&
               keys.receiver_password == names.password && !names.password.empty();
      });
    });
  }

  [[nodiscard]] bool leads_somewhere(SocketId in, const Endpoint& from, SocketId out,
                                     const Endpoint& to) const {
    return std::any_of(paths_.begin(), paths_.end(), [&](const auto& entry) {
      const auto leads = [&](const Party& sender, const Party& receiver) {
        return sender.socket() == in && receiver.socket() == out && is_admitted(sender, from) &&
               is_named(receiver, to);
      };
      return leads(entry.second.caller, entry.second.callee) ||
             leads(entry.second.callee, entry.second.caller);
    });
  }
  [[nodiscard]] bool is_destination(SocketId out, const Endpoint& to) const {
    return std::any_of(paths_.begin(), paths_.end(), [&](const auto& entry) {
      const auto& [near, far] = entry.second;
      return (near.socket() == out && is_named(near, to)) ||
             (far.socket() == out && is_named(far, to));
    });
  }

  /// Where packets for the party may go: where it said, or where it has been admitted.
  [[nodiscard]] bool is_named(const Party& party, const Endpoint& target) const {
    const auto said = [&](const UdpLeg& end) { return end.signalled == target; };
    return is_place(target) &&
           (is_admitted(party, target) || std::any_of(party.said.begin(), party.said.end(), said));
  }
  [[nodiscard]] bool is_admitted(const Party& party, const Endpoint& source) const {
    return std::any_of(party.said.begin(), party.said.end(), [&](const UdpLeg& end) {
      return may_be(end, source) && admits(end, source, party.checked.contains(source));
    });
  }
  [[nodiscard]] static bool admits(const UdpLeg& end, const Endpoint& source, bool is_checked) {
    if (end.latching == Latching::strict) return source == end.signalled;
    if (is_checked) return true;
    if (end.latching == Latching::sip_source) return source.address == end.sip_source;
    const auto& known = end.signalled_addresses;
    return source.address == end.signalled.address ||
           std::find(known.begin(), known.end(), source.address) != known.end();
  }
  /// What comes from an address of the edge is a party's only if it has named that port.
  [[nodiscard]] bool may_be(const UdpLeg& end, const Endpoint& source) const {
    if (!is_own(source.address) || source == end.signalled) return true;
    const auto& candidates = end.signalled_candidates;
    return std::any_of(candidates.begin(), candidates.end(), [&](const Endpoint& candidate) {
      return candidate.port == source.port && is_own(candidate.address);
    });
  }
  [[nodiscard]] bool is_own(const IpAddress& address) const {
    return std::find(own_addresses_.begin(), own_addresses_.end(), address) != own_addresses_.end();
  }

  std::vector<IpAddress> own_addresses_;
  std::map<MediaPathId, Seen> paths_;
  std::map<FlowKey, FlowSpec> flows_;
  std::map<FlowKey, FlowUsage> usage_;
  WorkerCounters counters_;
  latching::UdpLatching latching_;
};

}  // namespace avedge::fuzz
