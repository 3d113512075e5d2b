// Where requests outside a dialog may go: the configured routes and what their next hops' names
// mean at present.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "relay/core/clock.h"
#include "signaling-shim/sip/settings.h"

namespace avedge::sip {

class RouteTable {
 public:
  /// `settings` must outlive the table.
  explicit RouteTable(const Settings& settings);

  /// The first route for requests to `host` that came in by `interface`; nullptr: refuse them.
  [[nodiscard]] const Route* find(std::string_view interface, std::string_view host) const;
  /// All ways to the next hops of `route`, best first: as configured, but hops under a penalty
  /// last. Empty while none of the names is known.
  [[nodiscard]] std::vector<Neighbour> candidates(Time now, const Route& route) const;
  /// This next hop refused: for Limits::hop_penalty it is the last choice.
  void penalise(Time now, const Neighbour& hop);

  /// Addresses of `host`, a name or address among the next hops that are reached by `interface`;
  /// empty if it is none of them.
  [[nodiscard]] std::vector<IpAddress> next_hop_addresses(std::string_view interface,
                                                          std::string_view host) const;
  [[nodiscard]] bool is_next_hop(const IpAddress& address) const;

  /// The names that a certificate of this neighbour may bear (RFC 5922 §7.3): of the next hops that
  /// are there, or else of the partners that its listener takes connections from.
  [[nodiscard]] std::vector<std::string> names_of(const Neighbour& neighbour) const;

  /// Names that have to be looked up.
  [[nodiscard]] std::vector<std::string> names() const;
  /// An empty answer leaves the old addresses in place: better stale than deaf.
  void set_addresses(const std::string& name, std::vector<IpAddress> addresses);

 private:
  const Settings& settings_;
  std::map<std::string, std::vector<IpAddress>, std::less<>> addresses_;  // by host
  std::map<Endpoint, Time> penalties_;  // until when; only configured hops get in
};

}  // namespace avedge::sip
