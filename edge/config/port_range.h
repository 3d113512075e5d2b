// "FIRST-LAST": ports in a row.
#pragma once

#include <optional>

#include "edge/config/problems.h"
#include "edge/config/section.h"
#include "relay/core/port_range.h"

namespace avedge::edge {

/// Reports what is not a valid range, with `syntax` as its remedy.
[[nodiscard]] std::optional<PortRange> read_port_range(const Located<std::string>& text,
                                                       std::string_view syntax, Problems& problems);

}  // namespace avedge::edge
