// Where clients go whose handshake is over: to a worker.
#pragma once

#include <memory>
#include <vector>

#include "relay/dtls/dtls_client.h"
#include "relay/dtls/dtls_handshaker.h"
#include "relay/stream/tcp_connection.h"

namespace avedge::relay {

/// Any thread.
class ClientReceiver {
 public:
  virtual ~ClientReceiver() = default;
  /// It is closed if there is no socket slot left.
  virtual void receive_client(std::unique_ptr<TcpConnection> client) = 0;
  virtual void receive_client(const DtlsPeerKey& peer, std::unique_ptr<DtlsClient> client) = 0;
  /// Its handshake failed.
  virtual void forget_client(const DtlsPeerKey& peer) = 0;
  /// Processes a datagram of a client whose handshake had ended before it arrived there.
  virtual void reprocess(const DtlsPeerKey& peer, std::vector<std::byte> datagram) = 0;
};

}  // namespace avedge::relay
