// TURN over TCP: clients' connections, and those of RFC 6062 between relayed addresses and peers.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "relay/core/deadline_queue.h"
#include "relay/core/peer_connections.h"
#include "relay/ports/relay_addresses.h"
#include "relay/stream/tcp_connections.h"

namespace avedge::relay {

/// The worker's thread only. A client's connection has no port of ours (TcpConnection::port()), a
/// peer's has the relayed address.
class TurnTcpConnections final : public PeerConnections, private TcpConnectionOwner {
 public:
  /// References outlive this.
  struct Dependencies {
    TcpConnections& tcp;
    SocketTable& sockets;
    RelayAddresses& addresses;
    std::string relay_interface;  // where TCP relayed addresses are leased
    ConnectionEvents& events;
    ConnectionHolder& holder;  // of the clients' admissions
    Drops& drops;
    const Time& now;
  };
  explicit TurnTcpConnections(Dependencies dependencies) : dependencies_{std::move(dependencies)} {}

  /// Takes over a client's connection, under an id that was reserved for it, and handles what has
  /// already arrived.
  void adopt(SocketId id, std::unique_ptr<TcpConnection> client);
  /// Closes clients' connections that have shown no credentials in time, and gives up connection
  /// attempts.
  void expire();
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }

  // PeerConnections
  [[nodiscard]] Verdict<RelayPort> listen(AddressFamily family) override;
  [[nodiscard]] Verdict<SocketId> connect(Time now, SocketId relay, const Endpoint& peer) override;
  [[nodiscard]] bool is_leased(const Endpoint& local) const override {
    return dependencies_.addresses.is_tcp_leased(dependencies_.relay_interface, local);
  }

 private:
  // TcpConnectionOwner
  void set_auth_state(SocketId id, AuthState auth_state) override;
  void join(SocketId client_id, SocketId peer_id) override;
  void hand_over(SocketId id, WorkerIndex worker) override;
  void close(SocketId id) override;
  void evict(SocketId id, const AdmissionId& admission) override;
  void on_accepted(TcpConnection& peer) override;
  void on_connected(TcpConnection& peer) override;
  void on_ended(TcpConnection& connection, std::optional<DropReason> reason) override;
  /// A peer may say all it has to say before the client binds to the connection.
  [[nodiscard]] std::uint32_t held_interest() const override { return 0; }

  void notify(PeerConnectionEvent::Kind kind, const TcpConnection& peer);
  void set_deadline(SocketId id, Time deadline);

  Dependencies dependencies_;
  DeadlineQueue deadlines_;  // of unauthenticated clients and of connection attempts
};

}  // namespace avedge::relay
