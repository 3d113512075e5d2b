// Hands an allocation over from one worker to another (RFC 8016) in three tasks. The client's new
// worker requests it; the old one erases its flows and, when that has been carried out, detaches
// its sockets; the new one attaches both and answers.
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// Requests the allocation from the worker of `ticket`, for a request.
[[nodiscard]] std::unique_ptr<WorkerTask> request_handoff(const Ticket& ticket,
                                                          const RequestContext& context,
                                                          WorkerIndex back_to);

/// Suspends the allocation; its client's connection is unauthenticated from now on.
void release_client(ServerState& server, Allocation& allocation, Outcome& outcome);

}  // namespace avedge::turn
