// A TCP connection with a party of an anchored call, as long as its bytes pass as they are.
#pragma once

#include "relay/core/flow.h"
#include "relay/stream/tcp_splice.h"

namespace avedge::relay {

/// One worker's, on its thread.
struct AnchorTcpConnection {
  enum class Stage : std::uint8_t {
    connecting,
    opening,  // its first frame is being awaited, and stays in the kernel
    waiting,  // for somebody to join it to; so do its bytes
    joined
  };

  ByteStream stream;
  SocketId port = kNoSocket;  // the listening socket that it came by, or leaves from
  Endpoint remote;
  Stage stage = Stage::waiting;
  SocketId partner = kNoSocket;  // what it is joined to
  SpliceDirection to_partner;
  Direction direction{};       // of what to_partner moves
  Time last_activity{};        // … and when it last did
  std::uint32_t interest = 0;  // what epoll watches for
};

}  // namespace avedge::relay
