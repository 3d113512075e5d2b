// TCP allocations (RFC 6062): connections to and from peers, and the clients' data connections.
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// RFC 6062 §5.2. The answer is sent once the peer connects.
Verdict<void> on_connect(ServerState& server, const RequestContext& context);

/// Whether this ConnectionBind was handed over to another worker: the one that has the peer's
/// connection checks it, including credentials.
[[nodiscard]] bool hand_over_binding(ServerState& server, const Request& request, Outcome& outcome);
/// The address of the client whose peer connection a ConnectionBind names: a data connection may
/// use the nonce of its control connection. Nothing for other requests.
[[nodiscard]] std::optional<Endpoint> control_connection_of(ServerState& server,
                                                            const stun::StunView& message);
/// RFC 6062 §5.4. Later bytes on that connection are the peer's.
Verdict<void> on_connection_bind(ServerState& server, const RequestContext& context);

/// RFC 6062 §5.2 and §5.3: the result of a connection attempt, or a connection from a peer.
void on_peer_connection(ServerState& server, Time now, const PeerConnectionEvent& event,
                        Outcome& outcome);

}  // namespace avedge::turn
