// CreatePermission, ChannelBind, and what is said about peers outside of any request: Send
// indications that no flow explains, and ICMP errors (RFC 8656 §10 to §12).
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// RFC 8656 §10.2.
Verdict<void> on_create_permission(ServerState& server, const RequestContext& context);
/// RFC 8656 §12.2.
Verdict<void> on_channel_bind(ServerState& server, const RequestContext& context);
/// Send indications are the forwarder's: one that comes here has no flow, and this says why.
DropReason send_drop_reason(ServerState& server, const Request& request, Outcome& outcome);
/// RFC 8656 §11.5: tells the client, if it has a permission for that peer.
void on_icmp(ServerState& server, Time now, SocketId relay, const Endpoint& peer,
             const IcmpError& error, Outcome& outcome);

}  // namespace avedge::turn
