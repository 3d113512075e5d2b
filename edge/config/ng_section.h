// [ng]: who may order anchored calls, and where.
#pragma once

#include "edge/config/listeners.h"

namespace avedge::edge {

void read_ng(Section& top, Listeners& listeners, Config& config, Problems& problems);

}  // namespace avedge::edge
