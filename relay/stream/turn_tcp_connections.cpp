#include "relay/stream/turn_tcp_connections.h"

namespace avedge::relay {
namespace {

bool is_client(const TcpConnection& connection) {
  return connection.port() == kNoSocket;
}

}  // namespace

// --- clients -------------------------------------------------------------------------------------

void TurnTcpConnections::adopt(SocketId id, std::unique_ptr<TcpConnection> client) {
  TcpConnection& adopted = *client;
  if (!dependencies_.tcp.adopt_client(id, std::move(client), *this)) {
    return dependencies_.tcp.end(id, DropReason::connection_limit);
  }
  if (!adopted.complete_admission(dependencies_.holder)) {
    return dependencies_.tcp.end(id, DropReason::connection_evicted);
  }
  set_auth_state(id, adopted.auth_state());
  dependencies_.tcp.begin_reading(id);
}

void TurnTcpConnections::set_auth_state(SocketId id, AuthState auth_state) {
  TcpConnection* client = dependencies_.tcp.find(id);
  if (client == nullptr || !is_client(*client)) return;
  client->set_auth_state(auth_state);
  set_deadline(id, auth_state == AuthState::authenticated
                       ? kNever
                       : dependencies_.now + kUnauthenticatedTimeout);
}

void TurnTcpConnections::evict(SocketId id, const AdmissionId& admission) {
  const TcpConnection* client = dependencies_.tcp.find(id);
  if (client == nullptr || !is_client(*client) || !client->was_admitted_as(admission)) return;
  dependencies_.tcp.end(id, DropReason::connection_evicted);
}

void TurnTcpConnections::hand_over(SocketId id, WorkerIndex worker) {
  set_deadline(id, kNever);
  dependencies_.tcp.hand_over(id, worker);
}

// --- TCP relayed addresses and their peers (RFC 6062) --------------------------------------------

Verdict<RelayPort> TurnTcpConnections::listen(AddressFamily family) {
  auto leased = dependencies_.addresses.lease_tcp(dependencies_.relay_interface, family);
  if (!leased) return leased.reason();
  const auto id = dependencies_.sockets.reserve();
  if (!id) return DropReason::ports_exhausted;
  const RelayPort port{*id, leased->local, leased->advertised};
  if (dependencies_.tcp.listen(*id, std::move(leased).value(), *this, true)) return port;
  dependencies_.sockets.close(*id);
  return DropReason::ports_exhausted;
}

Verdict<SocketId> TurnTcpConnections::connect(Time now, SocketId relay, const Endpoint& peer) {
  if (dependencies_.sockets.find(relay) == nullptr) return DropReason::no_allocation;
  const bool is_own_address =
      dependencies_.addresses.find(dependencies_.relay_interface, peer.address) != nullptr;
  if (is_own_address && !is_leased(peer)) return DropReason::peer_not_leased;
  const auto id = dependencies_.tcp.connect(relay, peer, peer, *this);
  if (id) set_deadline(*id, now + kPeerConnectionPatience);
  return id;
}

void TurnTcpConnections::on_accepted(TcpConnection& peer) {
  notify(PeerConnectionEvent::Kind::accepted, peer);
}

void TurnTcpConnections::on_connected(TcpConnection& peer) {
  set_deadline(peer.id(), kNever);
  notify(PeerConnectionEvent::Kind::connected, peer);
}

/// RFC 6062 §4.3. Called while the ConnectionBind request is being handled; its answer is queued
/// already.
void TurnTcpConnections::join(SocketId client_id, SocketId peer_id) {
  if (dependencies_.tcp.find(client_id) == nullptr) return;
  if (dependencies_.tcp.find(peer_id) == nullptr) return dependencies_.tcp.doom(client_id);
  set_auth_state(client_id, AuthState::authenticated);
  dependencies_.tcp.splice(client_id, peer_id);
}

// --- how they end --------------------------------------------------------------------------------

void TurnTcpConnections::close(SocketId id) {
  set_deadline(id, kNever);
  dependencies_.tcp.close(id);
}

void TurnTcpConnections::on_ended(TcpConnection& connection, std::optional<DropReason> reason) {
  set_deadline(connection.id(), kNever);
  if (reason) dependencies_.drops.count(*reason);
  if (is_client(connection)) return dependencies_.events.on_closed(connection.path());
  notify(connection.stage == TcpConnection::Stage::connecting ? PeerConnectionEvent::Kind::failed
                                                              : PeerConnectionEvent::Kind::closed,
         connection);
}

void TurnTcpConnections::expire() {
  while (const auto due = deadlines_.pop_due(dependencies_.now)) {
    const SocketId id{*due};
    const TcpConnection* connection = dependencies_.tcp.find(id);
    if (connection == nullptr) continue;
    dependencies_.tcp.end(
        id, is_client(*connection) ? std::optional{DropReason::connection_idle} : std::nullopt);
  }
}

void TurnTcpConnections::notify(PeerConnectionEvent::Kind kind, const TcpConnection& peer) {
  dependencies_.events.on_peer_connection({kind, peer.id(), peer.port(), peer.path().remote});
}

void TurnTcpConnections::set_deadline(SocketId id, Time deadline) {
  const auto index = static_cast<DeadlineQueue::Index>(id);
  deadline == kNever ? deadlines_.remove(index) : deadlines_.set(index, deadline);
}

}  // namespace avedge::relay
