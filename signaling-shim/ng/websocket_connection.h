// WebSocket (RFC 6455): one message, one request; the reply comes in a frame of the same kind.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "signaling-shim/ng/request_handler.h"

namespace avedge::ng {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;

/// Whether the client knows one of our subprotocols: "ng.rtpengine.com" has cookies,
/// "ng-plain.rtpengine.com" bare dictionaries.
[[nodiscard]] bool can_upgrade(const UpgradeRequest& request);

/// Accepts the upgrade, which can_upgrade(), and serves the connection from then on; it keeps
/// itself alive meanwhile.
void serve_websocket(boost::asio::ip::tcp::socket socket, ConnectionSlot slot,
                     const UpgradeRequest& request);

}  // namespace avedge::ng
