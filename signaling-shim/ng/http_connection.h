// HTTP, and the way from there to WebSocket.
//
//   POST /ng        application/x-rtpengine-ng   a message with its cookie, and the reply
//   POST /ng-plain  application/json, or the above: a bare dictionary, and the reply
//   GET  /ping      "pong"
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "signaling-shim/ng/request_handler.h"

namespace avedge::ng {

/// What of the two a listener offers.
struct HttpOffer {
  bool http = false;
  bool websocket = false;
};

/// Serves the connection until either side has had enough; it keeps itself alive meanwhile.
void serve_http(boost::asio::ip::tcp::socket socket, ConnectionSlot slot, HttpOffer offer);

}  // namespace avedge::ng
