// Refresh (RFC 8656 §8).
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// RFC 8656 §8.2, with what RFC 8016 §3.2 adds to it. Without an answer if that has to wait for
/// another worker.
Verdict<void> on_refresh(ServerState& server, const RequestContext& context);

/// Carries out what was ordered, and answers. The allocation may be gone afterwards.
Verdict<void> carry_out(ServerState& server, Time now, Allocation& allocation, RefreshOrder order,
                        Responder& responder, Outcome& outcome);

}  // namespace avedge::turn
