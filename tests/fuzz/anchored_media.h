// What signalling has anchored, carried by a worker: the sessions of a target, the ports and paths
// they hold, and packets that arrive there.
#pragma once

#include "abort_on_failure.h"
#include "media_worker.h"
#include "milestone.h"
#include "rtp.h"
#include "tests/signaling-shim/anchor/call.h"

namespace avedge::fuzz {

inline Milestone call_anchored{"a call has paths"};
inline Milestone call_media_latched{"media latches on a path of a call"};
inline Milestone call_check_latched{"an ICE check latches on a path of a call"};
inline Milestone call_streams{"a call has a path over TCP"};
inline Milestone call_ports_exhausted{"ports run out"};

class AnchoredMedia {
 public:
  /// Longer than anything that a session waits for, media and signalling alike.
  static constexpr std::chrono::hours kLongest{13};

  explicit AnchoredMedia(const anchor::Settings& settings = default_settings())
      : sessions{control, settings, observer} {}

  /// Few of everything, so that limits are met.
  static anchor::Settings default_settings() {
    anchor::Settings settings;
    settings.max_sessions = 8;
    settings.max_sessions_per_source = 5;
    settings.max_ports_per_source = 32;
    settings.max_streams = 3;
    settings.max_dialogs = 4;
    settings.targets.own_addresses = own_addresses();
    // Parties of both kinds of networks, with signalling of the other kind.
    for (const char* prefix : {"10.0.0.0/16", "fd00::/16"}) {
      settings.targets.rules.push_back(
          {"", {AddressRule::Action::allow, *Prefix::parse(prefix), std::nullopt}});
    }
    return settings;
  }

  /// STEP: time passes for the sessions and their media.
  void expire(Time now) {
    worker_.expire(now);
    sessions.expire(now);
    follow(now);
  }

  /// PAIRS OTHERS: so many ports can be leased from now on.
  void limit_ports(Input& input) {
    control.capacity = input.below(24);
    control.single_capacity = input.below(24);
  }

  /// PATH SIDE SOURCE KIND: a packet for a port of a call, from where its party said it is (0),
  /// from another port of there (1), from the SIP source (2), or from elsewhere.
  void packet(Time now, Input& input) {
    const auto& paths = control.paths();
    const std::size_t index = input.below(16);
    const bool is_far = input.flag();
    const std::size_t source = input.below(4);
    const std::size_t kind = input.below(4);
    if (paths.empty()) return;
    const UdpPath path = control.path(index % paths.size());
    deliver(now, is_far ? path.callee : path.caller, source, kind);
  }

  /// After every operation: the worker has what the books say.
  void follow(Time now) {
    worker_.follow(now, control.paths());
    call_anchored.reach_if(!control.paths().empty());
    call_streams.reach_if(!control.stream_paths().empty());
  }
  void check() const {
    worker_.check();
    for (const auto& [key, flow] : worker_.flows()) {
      require(!is_forbidden(flow.destination), "media goes to a service of the edge");
    }
    const auto sessions_up = sessions.counters().sessions.value();
    require(sessions_up > 0 || holds_nothing(), "ports or paths outlive their sessions");
    require(
        observer.started.size() - observer.ended.size() <= static_cast<std::size_t>(sessions_up),
        "every call that has ended is reported");
  }
  /// When everything must have expired.
  void check_empty() const {
    require(sessions.counters().sessions.value() == 0, "a session is left over");
    require(sessions.counters().paths.value() == 0, "paths are counted, but there are none");
    require(holds_nothing(), "a port or a path is left over");
    require(observer.started.size() == observer.ended.size(), "a call has not been reported");
    worker_.check_empty();
  }
  /// No source is denied anything for what it had once.
  void check_source_is_free(Time now, const IpAddress& source) {
    const anchor::Settings settings = default_settings();
    for (std::size_t i = 0; i < settings.max_sessions_per_source; ++i) {
      anchor::SessionSpec spec;
      spec.branch = "last " + std::to_string(i);
      spec.source = {anchor::Standing::established, {source, Port{}}};
      require(sessions.open(now, spec).ok(), "a source's calls are counted after their end");
    }
    sessions.end_all(now);
  }

  anchor::FakeSessionControl control;
  anchor::RecordingObserver observer;
  anchor::Sessions sessions;

 private:
  static constexpr Port kFirstPort{50000};

  /// Of FakeSessionControl.
  static std::vector<IpAddress> own_addresses() {
    std::vector<IpAddress> own;
    for (const char* text :
         {"198.51.100.7", "10.9.9.9", "10.0.0.10", "2001:db8:ffff::7", "fd00::9", "fd00::10"}) {
      own.push_back(*IpAddress::parse(text));
    }
    return own;
  }
  /// Media may go to ports for media, by which a call passes twice, but to nothing else of ours.
  static bool is_forbidden(const Endpoint& target) {
    static const std::vector<IpAddress> own = own_addresses();
    return std::find(own.begin(), own.end(), target.address) != own.end() &&
           target.port < kFirstPort;
  }

  [[nodiscard]] bool holds_nothing() const {
    return control.pairs() + control.singles() + control.streams() == 0 &&
           control.paths().empty() && control.stream_paths().empty();
  }

  static Endpoint source_of(const UdpLeg& end, std::size_t source) {
    switch (source) {
      case 0: return end.signalled;
      case 1: return {end.signalled.address, Port{4711}};
      case 2: return {end.sip_source, Port{4712}};
      default: return *Endpoint::parse("203.0.113.66:4000");
    }
  }

  void deliver(Time now, const UdpLeg& end, std::size_t source, std::size_t kind) {
    const Endpoint from = source_of(end, source);
    const bool was_source = worker_.is_source(end.socket, from);
    const bool is_check = kind >= 2 && !end.ice.empty();
    if (is_check) {
      const IceCheckKeys& keys = end.ice.front();
      const CheckNames names{keys.receiver_ufrag, keys.sender_ufrag,
                             kind == 2 ? keys.receiver_password : "wrong"};
      worker_.check_arrives(now, end.socket, from, names, true);
    } else {
      worker_.arrives(now, end.socket, from, rtp(kind == 1 ? 96 : 0, sequence_++, 1));
    }
    const bool latched = !was_source && worker_.is_source(end.socket, from);
    call_check_latched.reach_if(latched && is_check);
    call_media_latched.reach_if(latched && !is_check);
  }

  MediaWorker worker_{own_addresses()};
  std::uint16_t sequence_ = 1;
};

}  // namespace avedge::fuzz
