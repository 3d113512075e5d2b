// Who may log in to TURN: [turn.users], shared_secret_file, [[turn.oauth]] and what goes with them.
#pragma once

#include "edge/config.h"
#include "edge/config/section.h"

namespace avedge::edge {

void read_turn_credentials(Section& turn, const std::string& folder, Config& config,
                           Problems& problems);

/// A realm of RFC 8489 §14.9; reports what is none.
[[nodiscard]] bool check_realm(const Located<std::string>& realm, Problems& problems);

}  // namespace avedge::edge
