// WebSocket (RFC 6455): one message, one request; the reply comes in a frame of the same kind.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "signaling-shim/net/http_connection.h"
#include "signaling-shim/ng/request_handler.h"

namespace avedge::ng {

/// Whether the client knows one of our subprotocols: "ng.rtpengine.com" has cookies,
/// "ng-plain.rtpengine.com" bare dictionaries.
[[nodiscard]] bool can_upgrade(const net::HttpRequest& request);

/// Accepts the upgrade, which can_upgrade(), and serves the connection from then on; it keeps
/// itself alive meanwhile.
void serve_websocket(boost::asio::ip::tcp::socket socket, ConnectionSlot slot,
                     const net::HttpRequest& request);

}  // namespace avedge::ng
