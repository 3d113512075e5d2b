// How an allocation gets from one worker to another (RFC 8016): three tasks. The worker that the
// client has come to sends for it; the one that has it erases its flows and, when that has been
// carried out, takes its sockets out; the first one takes both in and answers.
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// Asks the worker of `ticket` for its allocation, on behalf of a request.
[[nodiscard]] std::unique_ptr<WorkerTask> request_handoff(const Ticket& ticket,
                                                          const RequestContext& context,
                                                          WorkerIndex back_to);

/// Parks the allocation; the connection that its client had is a stranger's from now on.
void release_client(ServerState& server, Allocation& allocation, Outcome& outcome);

}  // namespace avedge::turn
