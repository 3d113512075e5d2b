// A ladder for a terminal.
#pragma once

#include "signaling-shim/trace/ladder.h"

namespace avedge::trace {

/// UTF-8, lines of any length; the arrows in box-drawing characters.
[[nodiscard]] std::string ladder_as_text(const Ladder& ladder);

}  // namespace avedge::trace
