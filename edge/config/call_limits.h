// Limits of calls: the keys of [sip.limits] about calls and their ports.
#pragma once

#include "edge/config.h"
#include "edge/config/problems.h"
#include "edge/config/section.h"

namespace avedge::edge {

/// `limits` is the table [sip.limits]; the relay ranges have been read.
void read_call_limits(Section& limits, Config& config, Problems& problems);

}  // namespace avedge::edge
