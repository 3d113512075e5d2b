// Where a worker has the handshakes of its DTLS clients performed: elsewhere, so that none stalls
// media.
#pragma once

#include "relay/admission/connection_limits.h"
#include "relay/core/slow_path.h"
#include "relay/dtls/dtls_session.h"

namespace avedge::relay {

/// What identifies a client before it has a connection.
struct DtlsPeerKey {
  SocketId listener = kNoSocket;
  Endpoint remote;
  friend bool operator==(const DtlsPeerKey&, const DtlsPeerKey&) = default;
};

/// A client that returned its cookie.
struct DtlsHandshakeRequest {
  WorkerIndex worker{};
  SocketId listener = kNoSocket;
  int listener_fd = -1;  // open as long as the worker is there
  Path path;             // without a socket: there is no connection yet
  DtlsSession session;
  Admission admission;
};

class DtlsHandshaker {
 public:
  virtual ~DtlsHandshaker() = default;
  // Any thread.
  virtual void begin_handshake(DtlsHandshakeRequest request) = 0;
  /// The client of a handshake in progress sends more.
  virtual void forward_datagram(WorkerIndex worker, const DtlsPeerKey& peer,
                                ConstBytes datagram) = 0;
};

}  // namespace avedge::relay
