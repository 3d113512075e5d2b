// The next hops of all routes: where each of them is at present, and whether it works.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "relay/core/clock.h"
#include "signaling-shim/sip/counters.h"
#include "signaling-shim/sip/server_locator.h"

namespace avedge::sip {

struct Hop {
  NextHop config;
  /// Requests to it leave by this one.
  std::string interface;
  /// Empty until its name is known.
  std::vector<Target> targets;
  Gauge* up = nullptr;
};

class HopTable {
 public:
  /// Hops that are addresses are known at once. Both must outlive the table.
  HopTable(const Settings& settings, Counters& counters);

  [[nodiscard]] const std::vector<Hop>& all() const { return hops_; }
  /// Which one this is; it must be part of the settings.
  [[nodiscard]] std::size_t index_of(std::string_view interface, const NextHop& hop) const;
  /// An empty answer leaves the old ones in place: better stale than deaf.
  void set_targets(std::size_t hop, std::vector<Target> targets);

  /// How a target is reached; nothing if no listener of that interface can.
  [[nodiscard]] std::optional<SipFlow> flow_to(const Hop& hop, const Target& target) const;

  /// A request to it failed: for Limits::hop_penalty it is the last choice. Whoever is no next hop
  /// is not remembered.
  void penalise(Time now, const SipFlow& flow);
  [[nodiscard]] bool is_penalised(Time now, const SipFlow& flow) const;
  /// What a health check found; a hop that is down is no choice at all.
  void set_down(const SipFlow& flow, bool down);
  [[nodiscard]] bool is_down(const SipFlow& flow) const;

  /// Addresses of `host`, the name or address of a hop that is reached by `interface`, or a name
  /// that DNS gives one of its servers; empty if it is none of them.
  [[nodiscard]] std::vector<IpAddress> addresses_of(std::string_view interface,
                                                    std::string_view host) const;
  [[nodiscard]] bool has(std::string_view interface, const IpAddress& address) const;
  /// The names that a certificate of this neighbour may bear (RFC 5922 §7.3): the domain that was
  /// looked up, not what DNS, which anybody may forge, made of it. Of a federated domain also a
  /// server within it, as Lync's edges have it. Else those of the listener's partners.
  [[nodiscard]] std::vector<std::string> names_of(const SipFlow& flow) const;

 private:
  struct State {
    Time penalised_until{};
    bool down = false;
  };
  /// Without the connection: a hop stays the same one over many.
  using Way = std::tuple<ListenerIndex, Transport, Endpoint>;
  static Way way_of(const SipFlow& flow) { return {flow.listener, flow.transport, flow.remote}; }
  void add(const std::string& interface, const NextHop& hop);
  [[nodiscard]] bool is_known(const Way& way) const;
  void show(const Hop& hop) const;
  void forget_strangers();

  const Settings& settings_;
  Counters& counters_;
  std::vector<Hop> hops_;
  std::map<Way, State> states_;
};

}  // namespace avedge::sip
