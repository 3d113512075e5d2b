// Where a request within a dialog goes.
#pragma once

#include <vector>

#include "signaling-shim/sip/hop_table.h"
#include "signaling-shim/sip/route_set.h"

namespace avedge::sip {

/// The next URI, if it leads to the SIP flow on that side of the dialog or to a configured next
/// hop; else that SIP flow itself. The far party writes in-dialog URIs: if every one were followed,
/// one answered call would open the inside to any outside caller. A party behind NAT is only
/// reachable by its original path. `routes` has a dialog; never empty.
[[nodiscard]] std::vector<SipFlow> dialog_targets(const RouteSet& routes, const HopTable& hops,
                                                  const Settings& settings);

}  // namespace avedge::sip
