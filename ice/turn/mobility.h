// Mobility (RFC 8016): a client that has got another address takes its allocation along, from
// whichever worker has it.
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// Whether this Refresh shows a ticket from where its allocation is not, or not yet.
[[nodiscard]] bool needs_move(ServerState& server, const RequestContext& context);

/// RFC 8016 §3.2.2. PendingHandoffs the allocation here and carries out the order; without an
/// answer if it has to come from another worker first.
Verdict<void> on_move(ServerState& server, const RequestContext& context, RefreshOrder order);

/// The connection of a client has ended: an allocation with a ticket waits for it to come back, any
/// other ends.
void on_client_gone(ServerState& server, Time now, const Path& path, Outcome& outcome);

}  // namespace avedge::turn
