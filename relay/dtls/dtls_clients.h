// The DTLS clients of one worker. A ClientHello is answered with a cookie, and nothing is kept
// about its sender until the cookie comes back (RFC 6347 §4.2.1); the handshake thread performs the
// handshakes; established sessions are links like any other.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "relay/core/deadline_queue.h"
#include "relay/dtls/dtls_session.h"
#include "relay/forwarding/socket_table.h"
#include "relay/secure/tls_context.h"
#include "relay/sockets/packet_ring.h"
#include "relay/sockets/send_batch.h"
#include "relay/stream/client_connection.h"

namespace avedge::relay {

class HandshakeThread;
class Worker;

/// Sends encrypted datagrams with the batch of their worker: the bytes wait in a ring of their own.
class DtlsSendBuffer final : public DatagramSink {
 public:
  explicit DtlsSendBuffer(SendBatch& batch) : batch_{batch} {}
  /// Where the next send() goes.
  void aim(int fd, const Endpoint& to) {
    fd_ = fd;
    to_ = to;
  }
  void send(ConstBytes datagram) override;
  /// After the batch was flushed.
  void clear() { ring_.clear(); }

 private:
  SendBatch& batch_;
  PacketRing ring_;
  int fd_ = -1;
  Endpoint to_;
};

class DtlsClient final : public ClientConnection {
 public:
  DtlsClient(DtlsSession session, const Path& path, Admission admission, SocketId listener)
      : ClientConnection{path, std::move(admission)},
        session_{std::move(session)},
        listener_{listener} {}

  /// Once it has its place in a worker; before the first send().
  void enter(DtlsSendBuffer& send_buffer, int listener_fd, Drops& drops) {
    send_buffer_ = &send_buffer;
    listener_fd_ = listener_fd;
    drops_ = &drops;
  }
  void send(ConstBytes message) override;
  [[nodiscard]] StreamIo decrypt(Bytes into) { return session_.decrypt(into, aimed()); }
  void receive(ConstBytes datagram) { session_.receive(datagram); }
  void send_close_notify() { session_.send_close_notify(aimed()); }
  [[nodiscard]] SocketId listener() const { return listener_; }

 private:
  DatagramSink& aimed();

  DtlsSession session_;
  SocketId listener_;
  DtlsSendBuffer* send_buffer_ = nullptr;
  int listener_fd_ = -1;
  Drops* drops_ = nullptr;
};

/// The worker's thread only.
class DtlsClients {
 public:
  /// What identifies a client before it has a connection.
  struct PeerKey {
    SocketId listener = kNoSocket;
    Endpoint remote;
    friend bool operator==(const PeerKey&, const PeerKey&) = default;
  };

  DtlsClients(Worker& worker, SocketTable& sockets, SendBatch& batch, Drops& drops,
              const Time& now);
  ~DtlsClients();

  /// Answers DTLS on that listener from now on, with sessions of this context.
  void set_context(SocketId listener, const secure::TlsContext& context);

  /// A datagram on a listener that DTLS's first byte header fields (RFC 7983).
  void serve(SocketId listener, const Socket& socket, const Endpoint& remote, ConstBytes datagram);

  // Results of a handshake, from the handshake thread.
  void adopt(SocketId id, std::unique_ptr<DtlsClient> client);
  void forget(const PeerKey& peer);

  /// Closes it, if it is the one that was admitted so.
  void evict(SocketId id, const AdmissionId& admission);
  void set_auth_state(SocketId id, AuthState auth_state);
  /// Does not tell the protocol, which asked for it.
  void close(SocketId id);
  void expire();
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }
  /// After the batch was flushed.
  void clear() { send_buffer_.clear(); }

 private:
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const PeerKey& peer) const;
  };
  struct CookieExchange;

  void on_client_hello(const PeerKey& peer, const Socket& socket, ConstBytes datagram);
  void begin_handshake(const PeerKey& peer, const Socket& socket, CookieExchange& cookies);
  void read(SocketId id, ConstBytes datagram);
  void end(SocketId id, std::optional<DropReason> reason);
  [[nodiscard]] DtlsClient* find_client(SocketId id);

  Worker& worker_;
  SocketTable& sockets_;
  Drops& drops_;
  const Time& now_;
  DtlsSendBuffer send_buffer_;
  std::map<SocketId, std::unique_ptr<CookieExchange>> cookie_exchanges_;
  /// kNoSocket while the handshake is in progress.
  std::unordered_map<PeerKey, SocketId, Hash> clients_;
  DeadlineQueue deadlines_;  // of unauthenticated clients
};

}  // namespace avedge::relay
