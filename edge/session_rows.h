// Allocations and calls as `avedge sessions` lists them: one JSON object each. On the admin thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "ice/turn/allocation_snapshot.h"
#include "signaling-shim/anchor/call_observer.h"

namespace avedge::edge {

[[nodiscard]] nlohmann::json rows_of(const std::vector<turn::AllocationSnapshot>& allocations,
                                     Time now);
[[nodiscard]] nlohmann::json rows_of(const std::vector<anchor::CallSnapshot>& calls);

}  // namespace avedge::edge
