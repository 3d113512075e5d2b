// The DTLS clients of one worker. A ClientHello is answered with a cookie, and nothing is kept
// about its sender until the cookie comes back (RFC 6347 §4.2.1); the handshake thread performs the
// handshakes; established sessions are connections like any other.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "relay/core/deadline_queue.h"
#include "relay/dtls/dtls_client.h"
#include "relay/dtls/dtls_handshaker.h"
#include "relay/flows/socket_table.h"
#include "relay/forwarding/packet_buffers.h"
#include "relay/secure/tls_context.h"
#include "relay/stream/connection_events.h"

namespace avedge::relay {

/// The worker's thread only.
class DtlsClients final : private ConnectionOwner {
 public:
  /// References outlive this.
  struct Dependencies {
    WorkerIndex worker{};
    SocketTable& sockets;
    SendBatch& batch;
    PacketBuffers& buffers;
    DtlsHandshaker& handshaker;
    ConnectionLimits& limits;
    ConnectionHolder& holder;  // of the clients' admissions
    ConnectionEvents& events;
    Drops& drops;
    const Time& now;
  };
  explicit DtlsClients(const Dependencies& dependencies);
  ~DtlsClients() override;

  /// Answers DTLS on that listener from now on, with sessions of this context.
  void set_context(SocketId listener, const secure::TlsContext& context);

  /// A datagram on a listener whose first byte is DTLS's (RFC 7983).
  void serve(SocketId listener, const Socket& socket, const Endpoint& remote, ConstBytes datagram);

  // Results of a handshake, from the handshake thread.
  void adopt(SocketId id, std::unique_ptr<DtlsClient> client);
  void forget(const DtlsPeerKey& peer);

  /// Closes clients that have shown no credentials in time.
  void expire();
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }

 private:
  // ConnectionOwner
  void set_auth_state(SocketId id, AuthState auth_state) override;
  void close(SocketId id) override;
  void evict(SocketId id, const AdmissionId& admission) override;

  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const DtlsPeerKey& peer) const;
  };
  struct CookieExchange;

  void on_client_hello(const DtlsPeerKey& peer, const Socket& socket, ConstBytes datagram);
  void begin_handshake(const DtlsPeerKey& peer, const Socket& socket, CookieExchange& cookies);
  void read(SocketId id, ConstBytes datagram);
  void end(SocketId id, std::optional<DropReason> reason);
  [[nodiscard]] DtlsClient* find_client(SocketId id);

  Dependencies dependencies_;
  DtlsSendBuffer send_buffer_;
  std::map<SocketId, std::unique_ptr<CookieExchange>> cookie_exchanges_;
  /// kNoSocket while the handshake is in progress.
  std::unordered_map<DtlsPeerKey, SocketId, Hash> ids_;
  std::unordered_map<SocketId, std::unique_ptr<DtlsClient>> clients_;
  DeadlineQueue deadlines_;  // of unauthenticated clients
};

}  // namespace avedge::relay
