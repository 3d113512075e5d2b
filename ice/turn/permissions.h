// CreatePermission, ChannelBind, and events of peers outside requests: Send indications without a
// flow, and ICMP errors (RFC 8656 §10 to §12).
#pragma once

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// RFC 8656 §10.2.
Verdict<void> on_create_permission(ServerState& server, const RequestContext& context);
/// RFC 8656 §12.2.
Verdict<void> on_channel_bind(ServerState& server, const RequestContext& context);
/// The forwarder handles Send indications: one that arrives here has no flow, and this returns the
/// reason.
DropReason send_drop_reason(ServerState& server, const Request& request, Outcome& outcome);
/// RFC 8656 §11.5: notifies the client, if it has a permission for that peer.
void on_icmp(ServerState& server, Time now, SocketId relay, const Endpoint& peer,
             const IcmpError& error, Outcome& outcome);

}  // namespace avedge::turn
