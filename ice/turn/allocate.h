// Allocate (RFC 8656 §7).
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// RFC 8656 §7.2, with what RFC 6062 §5.1 and RFC 8016 §3.1 add to it.
Verdict<void> on_allocate(ServerState& server, const RequestContext& context);

}  // namespace avedge::turn
