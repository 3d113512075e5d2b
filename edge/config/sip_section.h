// [sip]: where calls come in and where they go.
#pragma once

#include "edge/config.h"
#include "edge/config/listeners.h"
#include "edge/config/section.h"

namespace avedge::edge {

/// After interfaces and relay ranges.
void read_sip(Section& top, Listeners& listeners, Config& config, Problems& problems);

}  // namespace avedge::edge
