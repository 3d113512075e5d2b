// A ladder as an SVG document that stands for itself: no script, no font, no link.
#pragma once

#include "signaling-shim/trace/ladder.h"

namespace avedge::trace {

[[nodiscard]] std::string ladder_as_svg(const Ladder& ladder);

}  // namespace avedge::trace
