// Where a request within a dialog goes.
#pragma once

#include <vector>

#include "signaling-shim/sip/hop_table.h"
#include "signaling-shim/sip/route_set.h"

namespace avedge::sip {

/// The next URI, if it leads to the neighbour on that side of the dialog or to a configured next
/// hop; else that neighbour itself. In-dialog URIs are written by the far party: were they
/// followed wherever they point, one answered call would open the inside to any outside caller. And
/// a party behind NAT is only reachable by the way it came. `routes` has a dialog; never empty.
[[nodiscard]] std::vector<SipFlow> dialog_targets(const RouteSet& routes, const HopTable& hops,
                                                  const Settings& settings);

}  // namespace avedge::sip
