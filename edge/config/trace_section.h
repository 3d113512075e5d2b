// [trace]: where the trace of SIP goes, when [sip] has one.
#pragma once

#include <string>

#include "edge/config.h"
#include "edge/config/section.h"

namespace avedge::edge {

/// After [sip]. Relative paths start at `folder`.
void read_trace(Section& top, const std::string& folder, Config& config, Problems& problems);

}  // namespace avedge::edge
