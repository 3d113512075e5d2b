// The DTLS clients of one worker. Strangers meet a gate that keeps nothing about them until they
// have proved their address; handshakes are the doorman's, on another thread; established sessions
// are links like any other.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "relay/core/deadline_queue.h"
#include "relay/dtls/dtls_session.h"
#include "relay/packet_ring.h"
#include "relay/secure/tls_context.h"
#include "relay/send_batch.h"
#include "relay/socket_table.h"
#include "relay/stream/client_link.h"

namespace avedge::relay {

class Doorman;
class Worker;

/// Sends sealed datagrams with the batch of their worker: the bytes wait in a ring of their own.
class SealedDatagrams final : public DatagramSink {
 public:
  explicit SealedDatagrams(SendBatch& batch) : batch_{batch} {}
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

class DtlsLink final : public ClientLink {
 public:
  DtlsLink(DtlsSession session, const Path& path, Admission admission, SocketId listener)
      : ClientLink{path, std::move(admission)}, session_{std::move(session)}, listener_{listener} {}

  /// Once it has its place in a worker; before the first send().
  void enter(SealedDatagrams& sealed, int listener_fd, Drops& drops) {
    sealed_ = &sealed;
    listener_fd_ = listener_fd;
    drops_ = &drops;
  }
  void send(ConstBytes message) override;
  [[nodiscard]] StreamIo open(Bytes into) { return session_.open(into, aimed()); }
  void receive(ConstBytes datagram) { session_.receive(datagram); }
  void say_goodbye() { session_.say_goodbye(aimed()); }
  [[nodiscard]] SocketId listener() const { return listener_; }

 private:
  DatagramSink& aimed();

  DtlsSession session_;
  SocketId listener_;
  SealedDatagrams* sealed_ = nullptr;
  int listener_fd_ = -1;
  Drops* drops_ = nullptr;
};

/// The worker's thread only.
class DtlsClients {
 public:
  /// What a client is before it has a link: where it knocked.
  struct Knock {
    SocketId listener = kNoSocket;
    Endpoint remote;
    friend bool operator==(const Knock&, const Knock&) = default;
  };

  DtlsClients(Worker& worker, SocketTable& sockets, SendBatch& batch, Drops& drops,
              const Time& now);
  ~DtlsClients();

  /// Answers DTLS on that listener from now on, with sessions of this context.
  void set_gate(SocketId listener, const secure::TlsContext& context);

  /// A datagram on a listener that DTLS's first byte marks (RFC 7983).
  void serve(SocketId listener, const Socket& socket, const Endpoint& remote, ConstBytes datagram);

  // What the doorman says about a client it was introduced to.
  void adopt(SocketId id, std::unique_ptr<DtlsLink> link);
  void forget(const Knock& knock);

  /// Closes it, if it is the one that was admitted so.
  void evict(SocketId id, const AdmissionId& admission);
  void set_standing(SocketId id, Standing standing);
  /// Does not tell the protocol, which asked for it.
  void close(SocketId id);
  void expire();
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }
  /// After the batch was flushed.
  void clear() { sealed_.clear(); }

 private:
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const Knock& knock) const;
  };
  struct Gate;

  void knock(const Knock& knock, const Socket& socket, ConstBytes datagram);
  void introduce(const Knock& knock, const Socket& socket, Gate& gate);
  void read(SocketId id, ConstBytes datagram);
  void end(SocketId id, std::optional<DropReason> reason);
  [[nodiscard]] DtlsLink* find_link(SocketId id);

  Worker& worker_;
  SocketTable& sockets_;
  Drops& drops_;
  const Time& now_;
  SealedDatagrams sealed_;
  std::map<SocketId, std::unique_ptr<Gate>> gates_;
  /// kNoSocket while the doorman shakes hands.
  std::unordered_map<Knock, SocketId, Hash> clients_;
  DeadlineQueue deadlines_;  // of strangers
};

}  // namespace avedge::relay
