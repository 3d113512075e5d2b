// ALTERNATE-SERVER: redirects clients from a busy server to another (RFC 8489 §10).
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// The server for this client; nothing if it may stay here, or if no other server has an address of
/// its family. The same client always gets the same one.
[[nodiscard]] std::optional<Endpoint> alternate_server(const ServerState& server,
                                                       const Request& request);

/// 300 with ALTERNATE-SERVER, and with the name in its certificate for TLS and DTLS clients.
DropReason redirect(const ServerState& server, const RequestContext& context,
                    const Endpoint& alternate);

}  // namespace avedge::turn
