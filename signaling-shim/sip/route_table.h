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

  /// The first route for requests to `host` received on `interface`; nullptr: refuse them.
  [[nodiscard]] const Route* find(std::string_view interface, std::string_view host) const;
  /// The first route for registrations of clients on `interface`; nullptr: none.
  [[nodiscard]] const Route* registering(std::string_view interface) const;
  /// All flows to the next hops of `route`, best first: hops as configured or by weight, their
  /// servers by priority and weight (RFC 2782), those under a penalty last, without those that are
  /// down. The same `transaction` gets the same order (RFC 3263 §4.4): its retransmissions must not
  /// change targets.
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
