// Binding: a client's observed address (RFC 8489 §12), and the behaviour of its NAT (RFC 5780).
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// XOR-MAPPED-ADDRESS and nothing else, 32 bytes for IPv4, unless the request came to one of the
/// four addresses of NAT discovery. The source's budget has been charged.
Verdict<void> on_binding(const ServerState& server, const Request& request, Responder& responder);

}  // namespace avedge::turn
