// Where requests outside a dialog may go.
#pragma once

#include <string_view>
#include <vector>

#include "signaling-shim/sip/hop_table.h"

namespace avedge::sip {

class RouteTable {
 public:
  /// Both must outlive the table.
  RouteTable(const Settings& settings, Counters& counters);

  /// The first route for requests to `host` that came in by `interface`; nullptr: refuse them.
  [[nodiscard]] const Route* find(std::string_view interface, std::string_view host) const;
  /// The first route by which clients on `interface` register; nullptr: none do.
  [[nodiscard]] const Route* registering(std::string_view interface) const;
  /// All ways to the next hops of `route`, best first: hops as configured or by weight, their
  /// servers by priority and weight (RFC 2782), those under a penalty last, those that are down not
  /// at all. The same `transaction` draws the same lots (RFC 3263 §4.4): its retransmissions must
  /// not wander.
  [[nodiscard]] std::vector<SipFlow> candidates(Time now, const Route& route,
                                                std::string_view transaction) const;

  [[nodiscard]] HopTable& hops() { return hops_; }
  [[nodiscard]] const HopTable& hops() const { return hops_; }

 private:
  /// A next hop of one route.
  struct Choice {
    std::size_t hop;
    std::uint16_t weight;
  };

  const Settings& settings_;
  HopTable hops_;
  std::vector<std::vector<Choice>> choices_;  // by index of the route
};

}  // namespace avedge::sip
