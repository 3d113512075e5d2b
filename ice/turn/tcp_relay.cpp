#include "ice/turn/tcp_relay.h"

#include "ice/turn/peer_address_checks.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;
using stun::StunBuilder;
using Stage = PeerConnection::Stage;

bool is_stream(const Path& path) {
  return path.transport == Transport::tcp || path.transport == Transport::tls;
}

std::uint32_t number_of(ConnectionId id) {
  return static_cast<std::uint32_t>(id);
}

void confirm_connect(const PeerConnection& connection, Outcome& outcome) {
  Responder responder{*connection.answer, outcome};
  StunBuilder response = responder.success();
  response.u32(AttributeType::connection_id, number_of(connection.id));
  responder.send(response);
}

/// RFC 6062 §4.4: notifies the client of a peer's connection.
void announce(const ServerState& server, const Allocation& allocation,
              const PeerConnection& connection, Outcome& outcome) {
  const Endpoint& peer = connection.peer;
  const Endpoint advertised{server.dependencies.ports.advertised_address(peer.address), peer.port};
  std::array<std::byte, 64> buffer;
  StunBuilder indication{buffer, stun::Method::connection_attempt, stun::MessageClass::indication,
                         stun::TransactionId::random()};
  indication.u32(AttributeType::connection_id, number_of(connection.id))
      .xor_address(AttributeType::xor_peer_address, advertised);
  const ClientPath& client = allocation.client();
  outcome.reply(client.socket, client.five_tuple.client.endpoint, indication.finish());
}

/// The reason to reject a peer's connection; nothing if it is accepted.
std::optional<DropReason> refuse_peer(ServerState& server, const Allocation* allocation,
                                      const Endpoint& peer) {
  if (allocation == nullptr) return DropReason::no_allocation;
  if (!allocation->has_permission(peer.address)) return DropReason::no_permission;
  // The policy may have changed since.
  const Endpoint written{server.dependencies.ports.advertised_address(peer.address), peer.port};
  const auto judged = check_peer_policy(server, *allocation, written);
  if (!judged) return DropReason::peer_forbidden;
  if (!may_exchange(server, *allocation, *judged)) return DropReason::peer_not_leased;
  const auto count = server.allocations.connections().count_of(allocation->index());
  if (count >= server.settings().limits.connections_per_allocation) return DropReason::table_full;
  return std::nullopt;
}

void on_accepted(ServerState& server, Time now, const PeerConnectionEvent& event,
                 Outcome& outcome) {
  const Allocation* allocation = server.allocations.find_by_relay(now, event.relay, outcome);
  if (const auto reason = refuse_peer(server, allocation, event.peer)) {
    server.dependencies.counters.drops.count(*reason);
    outcome.close(event.connection);
    return;
  }
  PeerConnection accepted;
  accepted.stage = Stage::waiting;
  accepted.allocation = allocation->index();
  accepted.socket = event.connection;
  accepted.peer = event.peer;
  const PeerConnection& connection = server.allocations.connections().add(std::move(accepted));
  server.allocations.connections().set_deadline(connection, now + kPeerConnectionPatience);
  announce(server, *allocation, connection, outcome);
}

}  // namespace

Verdict<void> on_connect(ServerState& server, const RequestContext& context) {
  const Request& request = context.request;
  Responder& responder = context.responder;
  const auto found = find_own(server, context);
  if (!found) return responder.refuse(found.reason());
  const Allocation& allocation = **found;
  if (!allocation.is_tcp()) return responder.refuse(kAllocationMismatch);
  // The policy decides, and of this edge's own addresses only another client's relayed address is
  // open. RFC 6062 §5.2 requires no permission: the client wants data from a peer it connects to.
  const auto written = request.message.find(AttributeType::xor_peer_address);
  if (!written) return responder.refuse(kBadRequest);
  const auto peer = read_exact_peer(server, request.message, allocation, *written);
  if (!peer) return responder.refuse(peer.reason());

  PeerConnectionTable& connections = server.allocations.connections();
  if (const PeerConnection* known = connections.find(allocation.index(), peer->endpoint)) {
    const bool is_repeated =
        known->answer && known->answer->transaction == request.message.transaction();
    if (!is_repeated) return responder.refuse(kConnectionExists);
    if (known->stage != Stage::connecting) confirm_connect(*known, context.outcome);
    return {};
  }
  if (connections.count_of(allocation.index()) >=
      server.settings().limits.connections_per_allocation) {
    return responder.refuse(kTableFull);
  }
  const Relay& relay = *allocation.relay(peer->endpoint.address.family());
  const auto socket =
      server.dependencies.peer_connections->connect(request.now, relay.port.socket, peer->endpoint);
  if (!socket) return responder.refuse(refusal_of(socket.reason()));
  PeerConnection connection;
  connection.stage = Stage::connecting;
  connection.allocation = allocation.index();
  connection.socket = *socket;
  connection.peer = peer->endpoint;
  connection.answer = responder.target();
  connections.add(std::move(connection));
  return {};
}

bool hand_over_binding(ServerState& server, const Request& request, Outcome& outcome) {
  const OtherWorkers* other_workers = server.dependencies.other_workers;
  const auto id = read_connection_id(request.message);
  if (other_workers == nullptr || !server.settings().tcp_relay || !is_stream(request.path) || !id) {
    return false;
  }
  const WorkerIndex worker = worker_of(*id);
  if (worker == server.dependencies.worker ||
      static_cast<std::size_t>(worker) >= other_workers->worker_count() ||
      server.allocations.peek(request.five_tuple()) != nullptr) {
    return false;
  }
  outcome.hand_over(request.path.socket, worker);
  return true;
}

std::optional<Endpoint> control_connection_of(ServerState& server, const stun::StunView& message) {
  const auto id = read_connection_id(message);
  if (message.method() != stun::Method::connection_bind || !id) return std::nullopt;
  const PeerConnection* connection = server.allocations.connections().find(*id);
  if (connection == nullptr) return std::nullopt;
  return server.allocations.peek(connection->allocation)->client().five_tuple.client.endpoint;
}

Verdict<void> on_connection_bind(ServerState& server, const RequestContext& context) {
  const Request& request = context.request;
  Responder& responder = context.responder;
  const auto id = read_connection_id(request.message);
  // A control connection cannot become a data connection.
  if (!id || !is_stream(request.path) || server.allocations.peek(request.five_tuple()) != nullptr) {
    return responder.refuse(kBadRequest);
  }
  PeerConnection* connection = server.allocations.connections().find(*id);
  if (connection == nullptr || connection->stage != Stage::waiting) {
    return responder.refuse(kBadRequest);
  }
  const Allocation& allocation = *server.allocations.peek(connection->allocation);
  if (allocation.has_expired(request.now)) return responder.refuse(kBadRequest);
  if (!allocation.belongs_to(context.identity)) return responder.refuse(kWrongCredentials);

  connection->stage = Stage::joined;
  connection->data = request.path.socket;
  server.allocations.connections().set_deadline(*connection, kNever);
  StunBuilder response = responder.success();
  response.u32(AttributeType::connection_id, number_of(*id));
  responder.send(response);
  context.outcome.set_auth_state(request.path.socket, AuthState::authenticated);
  context.outcome.join(request.path.socket, connection->socket);
  return {};
}

void on_peer_connection(ServerState& server, Time now, const PeerConnectionEvent& event,
                        Outcome& outcome) {
  using Kind = PeerConnectionEvent::Kind;
  PeerConnectionTable& connections = server.allocations.connections();
  if (event.kind == Kind::accepted) return on_accepted(server, now, event, outcome);
  PeerConnection* connection = connections.find(event.connection);
  if (connection == nullptr) return;  // its allocation has ended in the meantime
  const bool is_answered = connection->stage != Stage::connecting;
  if (event.kind == Kind::connected) {
    if (is_answered) return;
    connection->stage = Stage::waiting;
    connections.set_deadline(*connection, now + kPeerConnectionPatience);
    confirm_connect(*connection, outcome);
    return;
  }
  if (!is_answered) {
    const DropReason reason = Responder{*connection->answer, outcome}.refuse(kConnectionFailed);
    server.dependencies.counters.drops.count(reason);
  }
  connections.remove(connection->id);
}

}  // namespace avedge::turn
