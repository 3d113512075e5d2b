// [turn]: who may allocate, where, how much, and which peers may be reached.
#pragma once

#include "edge/config.h"
#include "edge/config/listeners.h"
#include "edge/config/section.h"

namespace avedge::edge {

/// After interfaces and relay ranges. `folder` is where relative paths start.
void read_turn(Section& top, const std::string& folder, Listeners& listeners, Config& config,
               Problems& problems);

}  // namespace avedge::edge
