// What a worker does with TCP: clients' connections, and those of RFC 6062 with peers.
#pragma once

#include <optional>
#include <vector>

#include "relay/core/deadline_queue.h"
#include "relay/core/peer_connections.h"
#include "relay/forwarding/socket_table.h"
#include "relay/ports/relay_addresses.h"
#include "relay/stream/tcp_client.h"

namespace avedge::relay {

class Worker;

/// The worker's thread only. Connections live in the worker's socket table; whatever must be told
/// to the protocol is told between messages, never while one is being handled.
class TurnTcpConnections final : public PeerConnections {
 public:
  /// All outlive this. `relay_interface`: where TCP relayed addresses are leased.
  TurnTcpConnections(Worker& worker, SocketTable& sockets, RelayAddresses& addresses,
                     std::string_view relay_interface, Drops& drops, const Time& now)
      : worker_{worker},
        sockets_{sockets},
        addresses_{addresses},
        relay_interface_{relay_interface},
        outbox_{drops, now, {}} {}

  /// Takes over a client's connection and serves what has already arrived.
  void adopt(SocketId id, std::unique_ptr<TcpClient> client);
  /// Something happened on a connection, or on a TCP relayed address.
  void serve(SocketId id);
  /// Sends what waits to be sent, and ends what has broken.
  void flush();

  /// Closes it, if it is the one that was admitted so.
  void evict(SocketId id, const AdmissionId& admission);
  void set_auth_state(SocketId id, AuthState auth_state);
  /// Neither tells the protocol, which asked for it.
  void join(SocketId client_id, SocketId peer_id);
  void close(SocketId id);
  /// After the current message, which the other worker is shown again.
  void hand_over(SocketId id, WorkerIndex worker) { leaving_ = {id, worker}; }

  /// Closes strangers that stayed too long, and gives up connection attempts.
  void expire();
  [[nodiscard]] Time next_deadline() const;

  // PeerConnections
  [[nodiscard]] Verdict<RelayPort> listen(AddressFamily family) override;
  [[nodiscard]] Verdict<SocketId> connect(Time now, SocketId relay, const Endpoint& peer) override;
  [[nodiscard]] bool is_leased(const Endpoint& local) const override {
    return addresses_.is_tcp_leased(relay_interface_, local);
  }

 private:
  struct Leaving {
    SocketId socket = kNoSocket;
    WorkerIndex worker{};
  };

  void read_from_client(SocketId id);
  void take_messages(SocketId id, Bytes received);
  void move_to(const Leaving& leaving, ConstBytes unread);
  void write_to_client(SocketId id, TcpClient& client);
  void end_client(SocketId id, std::optional<DropReason> reason);

  void accept_peers(SocketId relay);
  void serve_peer(SocketId id, PeerConnection& peer);
  void finish_connecting(SocketId id, PeerConnection& peer);
  void splice(SocketId id);
  void close_spliced_pair(SocketId peer_id);
  void notify(PeerConnectionEvent::Kind kind, SocketId id, const PeerConnection& peer);
  [[nodiscard]] std::optional<SocketId> watch_peer(PeerConnection peer, std::uint32_t interest);

  [[nodiscard]] TcpClient* find_client(SocketId id);
  [[nodiscard]] PeerConnection* find_peer(SocketId id);
  void set_interest(SocketId id, int fd, std::uint32_t& current, std::uint32_t wanted);

  Worker& worker_;
  SocketTable& sockets_;
  RelayAddresses& addresses_;
  std::string relay_interface_;
  StreamOutbox outbox_;
  DeadlineQueue deadlines_;       // of strangers and of connection attempts
  std::vector<SocketId> again_;   // there may be more to read at once, when the others had a turn
  std::vector<SocketId> doomed_;  // to be ended between messages
  Leaving leaving_;
};

}  // namespace avedge::relay
