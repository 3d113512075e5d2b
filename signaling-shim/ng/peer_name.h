// What tells one client from another where answers are remembered.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "signaling-shim/net/asio_sockets.h"

namespace avedge::ng {

/// "tcp 127.0.0.1:40000"; of a connection that is gone already, only its transport.
inline std::string peer_name(std::string_view transport,
                             const boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code gone;
  const auto remote = socket.remote_endpoint(gone);
  std::string name{transport};
  if (!gone) name += ' ' + net::from_asio(remote).to_string();
  return name;
}

}  // namespace avedge::ng
