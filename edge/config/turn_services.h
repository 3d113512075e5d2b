// What TURN offers beside relaying UDP: NAT discovery, redirection, TCP relaying, mobility.
#pragma once

#include "edge/config.h"
#include "edge/config/section.h"

namespace avedge::edge {

/// After the listeners, which NAT discovery refers to.
void read_turn_services(Section& turn, Config& config, Problems& problems);

}  // namespace avedge::edge
