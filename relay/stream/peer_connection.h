// A TCP connection between a relayed address and a peer (RFC 6062), and what it is joined to.
#pragma once

#include "relay/core/flow.h"
#include "relay/stream/tcp_splice.h"

namespace avedge::relay {

/// One worker's, on its thread.
struct PeerConnection {
  enum class Stage : std::uint8_t {
    connecting,
    waiting,  // for the client's ConnectionBind; the peer's bytes stay in the kernel meanwhile
    joined
  };

  ByteStream stream;
  SocketId relay = kNoSocket;  // the listening socket of the relayed address
  Endpoint peer;
  Stage stage = Stage::waiting;
  SocketId client = kNoSocket;  // the data connection it is joined to
  SpliceDirection to_peer;
  SpliceDirection to_client;
  std::uint32_t interest = 0;  // what epoll watches for
};

}  // namespace avedge::relay
