// A TCP connection that carries messages back to back.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "signaling-shim/ng/request_handler.h"

namespace avedge::ng {

/// Serves the connection until either side has had enough; it keeps itself alive meanwhile.
void serve_tcp(boost::asio::ip::tcp::socket socket, ConnectionSlot slot);

}  // namespace avedge::ng
