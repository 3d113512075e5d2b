// A connection as the forwarding loop and the flow edits see it: something that carries messages to
// one remote endpoint, and somebody's to manage. TCP, TLS and DTLS are behind it (relay/stream,
// relay/dtls).
#pragma once

#include <cstdint>

#include "relay/admission/connection_limits.h"
#include "relay/core/bytes.h"
#include "relay/core/flow.h"
#include "relay/core/slow_path.h"

namespace avedge::relay {

/// Carries whole messages. One worker's, on its thread.
class MessageTransport {
 public:
  virtual ~MessageTransport() = default;
  /// Takes one message (a STUN message, ChannelData without padding, or a party's packet), to be
  /// sent soon. What cannot be sent is dropped and counted.
  virtual void send(ConstBytes message) = 0;
  /// How messages from there come in; `socket` names this connection.
  [[nodiscard]] virtual const Path& path() const = 0;
};

/// Carries out what the protocol decided about connections (FlowEdit). An id may name a connection
/// that has ended, or one of another kind: then nothing happens. Never tells the protocol anything
/// while it does so. One worker's, on its thread.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void set_auth_state(SocketId /*connection*/, AuthState /*auth_state*/) {}
  /// Makes one byte stream of two connections.
  virtual void join(SocketId /*connection*/, SocketId /*other*/) {}
  virtual void hand_over(SocketId /*connection*/, WorkerIndex /*worker*/) {}
  virtual void close(SocketId connection) = 0;
  /// Closes it, if it is the one that was admitted so. May tell the protocol: no edit.
  virtual void evict(SocketId /*connection*/, const AdmissionId& /*admission*/) {}
};

}  // namespace avedge::relay
