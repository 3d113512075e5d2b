// What [[turn.peer_rule]] and [[media.peer_rule]] have in common, and the section of the latter.
#pragma once

#include "edge/config.h"
#include "edge/config/problems.h"
#include "edge/config/section.h"

namespace avedge::edge {

/// `action`, `prefix` and `ports`; the caller refuses what else stands there. After the interfaces:
/// warns of a rule that is about an address of the edge and yet opens none of its ports.
[[nodiscard]] std::optional<PeerRule> read_peer_rule(Section& section, const Config& config,
                                                     Problems& problems);

/// [[media.peer_rule]]
void read_media(Section& top, Config& config, Problems& problems);

}  // namespace avedge::edge
