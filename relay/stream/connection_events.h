// What connections tell the protocol.
#pragma once

#include "relay/core/bytes.h"
#include "relay/core/slow_path.h"
#include "relay/core/stream_connections.h"

namespace avedge::relay {

/// The worker's thread only. Each call may carry out edits: what the caller holds of a connection
/// may be gone when it returns. Never called while edits are being carried out.
class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;

  /// One message came over a connection that carries messages. It is writable, and stays until the
  /// end of the wake-up.
  virtual void on_message(SocketId connection, Bytes message) = 0;
  /// A client's connection has ended, and is closed afterwards.
  virtual void on_closed(const Path& path) = 0;
  virtual void on_peer_connection(const PeerConnectionEvent& event) = 0;
  virtual void on_stream(const StreamEvent& event) = 0;
};

}  // namespace avedge::relay
