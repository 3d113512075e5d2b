// [sip]: where calls come in and where they go.
#pragma once

#include "edge/config.h"
#include "edge/config/listeners.h"
#include "edge/config/section.h"

namespace avedge::edge {

/// After interfaces, relay ranges and certificates. Relative paths start at `folder`.
void read_sip(Section& top, const std::string& folder, Listeners& listeners, Config& config,
              Problems& problems);

}  // namespace avedge::edge
