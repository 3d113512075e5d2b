// Refresh (RFC 8656 §8).
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// RFC 8656 §8.2, with the additions of RFC 8016 §3.2. Without an answer if that must wait for
/// another worker.
Verdict<void> on_refresh(ServerState& server, const RequestContext& context);

/// Carries out the order, and answers. The allocation may be destroyed afterwards.
Verdict<void> carry_out(ServerState& server, Time now, Allocation& allocation, RefreshOrder order,
                        Responder& responder, Outcome& outcome);

}  // namespace avedge::turn
