// Which ports of each interface are reserved for TURN, next hops and all others.
#pragma once

#include <vector>

#include "edge/config.h"
#include "signaling-shim/anchor/settings.h"

namespace avedge::edge {

/// One for each interface and family that has ports. TURN has a share where its relayed addresses
/// are, next hops where calls of theirs can pass.
[[nodiscard]] std::vector<anchor::PortBudget> port_budgets(const Config& config);

}  // namespace avedge::edge
