// [metrics], [admin] and [log]: how the edge is watched.
#pragma once

#include "edge/config.h"
#include "edge/config/listeners.h"
#include "edge/config/section.h"

namespace avedge::edge {

/// After interfaces and listeners.
void read_services(Section& top, Listeners& listeners, Config& config, Problems& problems);

}  // namespace avedge::edge
