// Mobility (RFC 8016): a client with a new address keeps its allocation, whichever worker has it.
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// Whether this Refresh presents a ticket on a path that its allocation does not use, or not yet.
[[nodiscard]] bool needs_move(ServerState& server, const RequestContext& context);

/// RFC 8016 §3.2.2. Moves the allocation here and carries out the order; without an answer if it
/// must first be transferred from another worker.
Verdict<void> on_move(ServerState& server, const RequestContext& context, RefreshOrder order);

/// A client's connection has ended: an allocation with a ticket waits for its return, any other
/// ends.
void on_client_gone(ServerState& server, Time now, const Path& path, Outcome& outcome);

}  // namespace avedge::turn
