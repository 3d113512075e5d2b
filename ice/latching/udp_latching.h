// Latching over UDP: joins the two parties of a media path by flows, once it knows where they are,
// and forwards what comes before that.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "ice/latching/own_addresses.h"
#include "ice/latching/party.h"
#include "ice/latching/udp_path_handler.h"
#include "relay/core/counters.h"
#include "relay/core/media_path.h"
#include "relay/core/side.h"
#include "relay/core/slow_path.h"

namespace avedge::latching {

/// One per worker, on its thread. Bounded by the media sessions that signalling admits.
class UdpLatching final : public UdpPathHandler {
 public:
  /// How often a path's counters are published.
  static constexpr std::chrono::seconds kPublishInterval{1};

  /// Both outlive this. `own_addresses` are those of the edge's relayed ports, under all names.
  /// What comes from there is some relayed address, or a call that crosses the edge twice.
  UdpLatching(const FlowReader& flows, WorkerCounters& counters,
              std::vector<IpAddress> own_addresses = {})
      : flows_{flows}, counters_{counters}, own_addresses_{std::move(own_addresses)} {}

  void set_path(Time now, const UdpPath& path, Outcome& outcome) override;
  void remove_path(MediaPathId path, Outcome& outcome) override;

  /// A packet of a source that is not latched yet, or STUN of one that is. Latches if it may, and
  /// forwards. Fails with unknown_source, unexpected_payload, too_many_sources or no_destination.
  [[nodiscard]] Verdict<void> handle(Time now, const Path& path, ConstBytes datagram,
                                     Outcome& outcome);

  /// Publishes the counters of all paths, and decides what waits for its time.
  void expire(Time now, Outcome& outcome);
  [[nodiscard]] Time next_deadline() const { return std::min(next_publication_, next_decision_); }

 private:
  enum class Rule : std::uint8_t { reclaim, exact, address };

  struct JoinedPath {
    explicit JoinedPath(const UdpPath& path);
    MediaPathId id;
    Party caller;
    Party callee;
    std::shared_ptr<MediaPathCounters> counters;
    FlowUsage past[2];  // of flows that are gone, and of what the slow path forwarded itself
    JoinedPath* rtp = nullptr;   // if this is RTCP
    JoinedPath* rtcp = nullptr;  // if this is RTP

    [[nodiscard]] Party& party(Side side) { return side == Side::caller ? caller : callee; }
    [[nodiscard]] Party& opposite(Side side) { return side == Side::caller ? callee : caller; }
  };
  struct End {
    JoinedPath* path;
    Side side;
    [[nodiscard]] Party& party() const { return path->party(side); }
    /// Of the RTP that this is the RTCP of; null if it is none.
    [[nodiscard]] const Party* rtp() const {
      return path->rtp == nullptr ? nullptr : &path->rtp->party(side);
    }
  };

  [[nodiscard]] Verdict<End> find_source(const ReceivedPacket& received, SocketId socket,
                                         Outcome& outcome);
  [[nodiscard]] Verdict<const End*> find_checked(const ReceivedPacket& received,
                                                 const std::vector<End>& ends, Outcome& outcome);
  [[nodiscard]] const End* find_by_address(const ReceivedPacket& received,
                                           const std::vector<End>& ends, Outcome& outcome,
                                           DropReason& refusal);
  [[nodiscard]] Party::Admission apply(Rule rule, const ReceivedPacket& received,
                                       const End& end) const;
  [[nodiscard]] bool responds_to_check(const End& end, const ReceivedPacket& received) const;
  [[nodiscard]] FlowUsage heard_of(const Party& party) const;
  [[nodiscard]] bool may_be(const Party& party, const Endpoint& remote) const;
  [[nodiscard]] const std::vector<End>& ends_of(SocketId socket) const;
  [[nodiscard]] Verdict<void> forward(const ReceivedPacket& received, const End& from,
                                      Outcome& outcome);

  void note_change(const End& end, const std::optional<Endpoint>& before, Outcome& outcome);
  void erase_gone(const End& end, Outcome& outcome);
  void pair_components(JoinedPath& path, const std::optional<MediaPathId>& rtp);
  static void unpair_components(JoinedPath& path);
  void decide(Time now, JoinedPath& path, Outcome& outcome);
  void join(JoinedPath& path, Outcome& outcome);
  void join_one_way(JoinedPath& path, Side from, Outcome& outcome);
  void part(JoinedPath& path, Outcome& outcome);
  void part_one_way(JoinedPath& path, Side from, Outcome& outcome);
  void add_ends(JoinedPath& path);
  void remove_ends(JoinedPath& path);
  void publish(JoinedPath& path) const;

  const FlowReader& flows_;
  WorkerCounters& counters_;
  OwnAddresses own_addresses_;
  std::unordered_map<MediaPathId, std::unique_ptr<JoinedPath>> paths_;
  std::unordered_map<SocketId, std::vector<End>> ends_;
  Time next_publication_ = kNever;
  Time next_decision_ = kNever;
};

}  // namespace avedge::latching
