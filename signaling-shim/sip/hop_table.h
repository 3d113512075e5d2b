// The next hops of all routes: their current addresses, and whether they work.
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
  /// Requests to it leave through this interface.
  std::string interface;
  /// Empty until its name is resolved.
  std::vector<Target> targets;
  Gauge* up = nullptr;
};

class HopTable {
 public:
  /// Hops that are addresses are known at once. Both must outlive the table.
  HopTable(const Settings& settings, Counters& counters);

  [[nodiscard]] const std::vector<Hop>& all() const { return hops_; }
  /// The index of this hop; it must be part of the settings.
  [[nodiscard]] std::size_t index_of(std::string_view interface, const NextHop& hop) const;
  /// An empty answer keeps the old targets: stale addresses are better than none.
  void set_targets(std::size_t hop, std::vector<Target> targets);

  /// The flow to a target; nothing if no listener of that interface can reach it.
  [[nodiscard]] std::optional<SipFlow> flow_to(const Hop& hop, const Target& target) const;

  /// A request to it failed: it is the last choice for Limits::hop_penalty. Ignores a flow that is
  /// not a next hop.
  void penalise(Time now, const SipFlow& flow);
  [[nodiscard]] bool is_penalised(Time now, const SipFlow& flow) const;
  /// The result of a health check; a hop that is down is never chosen.
  void set_down(const SipFlow& flow, bool down);
  [[nodiscard]] bool is_down(const SipFlow& flow) const;

  /// Addresses of `host`, the name or address of a hop reached through `interface`, or a name that
  /// DNS gives one of its servers; empty if it is none of them.
  [[nodiscard]] std::vector<IpAddress> addresses_of(std::string_view interface,
                                                    std::string_view host) const;
  [[nodiscard]] bool has(std::string_view interface, const IpAddress& address) const;
  /// The names allowed in a certificate of this SIP flow (RFC 5922 §7.3): the domain looked up, not
  /// the DNS result, which can be forged. For a federated domain also a server within it, as Lync's
  /// edges have it. Else the names of the listener's partners.
  [[nodiscard]] std::vector<std::string> names_of(const SipFlow& flow) const;

 private:
  struct State {
    Time penalised_until{};
    bool down = false;
  };
  /// Without the connection: a hop stays the same over many connections.
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
