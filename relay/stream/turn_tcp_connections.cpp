#include "relay/stream/turn_tcp_connections.h"

#include <sys/epoll.h>

#include "relay/core/descriptor_reserve.h"
#include "relay/sockets/tcp_socket.h"
#include "relay/stream/message_framer.h"
#include "relay/worker/worker.h"

namespace avedge::relay {
namespace {

/// Reads in a row from one connection before the others have their turn.
constexpr int kReadRounds = 4;

std::size_t longest_message(AuthState auth_state) {
  return auth_state == AuthState::authenticated ? kLongestClientMessage
                                                : kLongestUnauthenticatedMessage;
}

}  // namespace

// --- clients' connections
// -------------------------------------------------------------------------

void TurnTcpConnections::adopt(SocketId id, std::unique_ptr<TcpClient> client) {
  client->set_socket(id);
  client->enter(outbox_);
  TcpClient& adopted = *client;
  Socket socket;
  socket.role = SocketRole::client;
  socket.local = adopted.path().local;
  socket.client = std::move(client);
  sockets_.add(id, std::move(socket));
  adopted.interest = EPOLLIN;
  if (!worker_.watch(id, adopted.stream().fd(), adopted.interest)) {
    return end_client(id, DropReason::connection_limit);
  }
  if (!adopted.complete_admission(worker_)) return end_client(id, DropReason::connection_evicted);
  set_auth_state(id, adopted.auth_state());
  std::vector<std::byte> brought = std::move(adopted.unfinished());
  adopted.unfinished().clear();
  if (!brought.empty()) take_messages(id, brought);
  read_from_client(id);  // TLS may have read ahead during its handshake
}

void TurnTcpConnections::serve(SocketId id) {
  Socket* socket = sockets_.find(id);
  if (socket == nullptr) return;
  switch (socket->role) {
    case SocketRole::tcp_relay: return accept_peers(id);
    case SocketRole::peer: return serve_peer(id, *socket->peer);
    default: break;
  }
  TcpClient& client = *find_client(id);
  if (client.joined_to != kNoSocket) return splice(client.joined_to);
  if ((client.interest & EPOLLOUT) != 0) write_to_client(id, client);
  read_from_client(id);
}

void TurnTcpConnections::read_from_client(SocketId id) {
  for (int round = 0; round < kReadRounds; ++round) {
    TcpClient* client = find_client(id);
    if (client == nullptr) return;
    if (client->joined_to != kNoSocket) return splice(client->joined_to);

    const Bytes room = worker_.room_to_receive();
    std::vector<std::byte>& unfinished = client->unfinished();
    std::copy(unfinished.begin(), unfinished.end(), room.begin());
    const StreamIo io = client->stream().read(room.subspan(unfinished.size()));
    if (io.result == StreamIo::Result::would_block) return;
    if (io.result == StreamIo::Result::ended) return end_client(id, std::nullopt);
    const std::size_t received = unfinished.size() + io.bytes;
    unfinished.clear();
    worker_.keep_received();
    take_messages(id, room.first(received));
  }
  again_.push_back(id);
}

/// Serves every whole message and keeps the beginning of the next one. Each message may be the end
/// of the connection, or of its being a connection of messages.
void TurnTcpConnections::take_messages(SocketId id, Bytes received) {
  while (!received.empty()) {
    const TcpClient* before = find_client(id);
    if (before == nullptr) return;
    const auto message = first_message(received, longest_message(before->auth_state()));
    if (!message) return end_client(id, message.reason());
    if (!*message) break;

    leaving_ = {};
    worker_.serve_message(id, received.first((*message)->size));
    if (leaving_.socket == id) return move_to(leaving_, received);
    received = received.subspan((*message)->occupied);
    TcpClient* client = find_client(id);
    if (client == nullptr) return;
    if (client->joined_to != kNoSocket) {
      find_peer(client->joined_to)->to_peer.preload(received);
      return splice(client->joined_to);
    }
    client->note_request(outbox_.now);
  }
  if (TcpClient* client = find_client(id))
    client->unfinished().assign(received.begin(), received.end());
}

/// The connection and everything unread, from the current message on.
void TurnTcpConnections::move_to(const Leaving& leaving, ConstBytes unread) {
  TcpClient& client = *find_client(leaving.socket);
  client.unfinished().assign(unread.begin(), unread.end());
  deadlines_.remove(static_cast<DeadlineQueue::Index>(leaving.socket));
  worker_.unwatch(client.stream().fd());
  auto taken = sockets_.take(leaving.socket);
  worker_.send_to(leaving.worker,
                  std::unique_ptr<TcpClient>{static_cast<TcpClient*>(taken.client.release())});
}

void TurnTcpConnections::flush() {
  for (const SocketId id : std::exchange(again_, {})) serve(id);
  for (std::size_t i = 0; i < outbox_.dirty.size(); ++i) {
    const SocketId id = outbox_.dirty[i];
    if (TcpClient* client = find_client(id)) write_to_client(id, *client);
  }
  outbox_.dirty.clear();
  while (!doomed_.empty()) {
    const SocketId id = doomed_.back();
    doomed_.pop_back();
    close_spliced_pair(id);
    end_client(id, std::nullopt);
  }
}

void TurnTcpConnections::write_to_client(SocketId id, TcpClient& client) {
  const auto progress = client.flush();
  if (progress == TcpClient::Progress::ended) return doomed_.push_back(id);
  if (client.joined_to != kNoSocket) return splice(client.joined_to);
  const bool waits = progress == TcpClient::Progress::would_block;
  set_interest(id, client.stream().fd(), client.interest, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/// Not while a message is being handled: the protocol is told.
void TurnTcpConnections::end_client(SocketId id, std::optional<DropReason> reason) {
  TcpClient* client = find_client(id);
  if (client == nullptr) return;
  if (reason) outbox_.drops.count(*reason);
  const SocketId peer = std::exchange(client->joined_to, kNoSocket);
  const Path path = client->path();
  worker_.notify_closed(path);
  close(id);
  close_spliced_pair(peer);
}

void TurnTcpConnections::evict(SocketId id, const AdmissionId& admission) {
  const TcpClient* client = find_client(id);
  if (client != nullptr && client->was_admitted_as(admission)) {
    end_client(id, DropReason::connection_evicted);
  }
}

void TurnTcpConnections::set_auth_state(SocketId id, AuthState auth_state) {
  TcpClient* client = find_client(id);
  if (client == nullptr) return;
  client->set_auth_state(auth_state);
  deadlines_.set(
      static_cast<DeadlineQueue::Index>(id),
      auth_state == AuthState::authenticated ? kNever : outbox_.now + kUnauthenticatedTimeout);
}

void TurnTcpConnections::close(SocketId id) {
  if (TcpClient* client = find_client(id)) {
    static_cast<void>(client->flush());  // a last answer, as far as it can leave at once
  } else if (const PeerConnection* peer = find_peer(id)) {
    if (TcpClient* joined = find_client(peer->client)) {
      joined->joined_to = kNoSocket;
      doomed_.push_back(peer->client);
    }
  } else {
    return;
  }
  std::erase(doomed_, id);
  deadlines_.remove(static_cast<DeadlineQueue::Index>(id));
  sockets_.close(id);
}

void TurnTcpConnections::expire() {
  while (const auto due = deadlines_.pop_due(outbox_.now)) {
    const SocketId id{*due};
    if (const PeerConnection* peer = find_peer(id)) {
      const PeerConnection& attempt = *peer;
      const PeerConnectionEvent event{PeerConnectionEvent::Kind::failed, id, attempt.relay,
                                      attempt.peer};
      close(id);
      worker_.notify(event);
    } else {
      end_client(id, DropReason::connection_idle);
    }
  }
}

Time TurnTcpConnections::next_deadline() const {
  const bool busy = !again_.empty() || !doomed_.empty() || !outbox_.dirty.empty();
  return busy ? Time{} : deadlines_.next();
}

// --- TCP relayed addresses and their peers (RFC 6062)
// ---------------------------------------------

Verdict<RelayPort> TurnTcpConnections::listen(AddressFamily family) {
  auto socket = addresses_.lease_tcp(relay_interface_, family);
  if (!socket) return socket.reason();
  const auto id = worker_.reserve_socket();
  if (!id) return DropReason::ports_exhausted;
  const RelayPort port{*id, socket->local, socket->advertised};
  socket->role = SocketRole::tcp_relay;
  const int fd = socket->fd.get();
  sockets_.add(*id, std::move(socket).value());
  if (worker_.watch(*id, fd, EPOLLIN)) return port;
  sockets_.close(*id);
  return DropReason::ports_exhausted;
}

Verdict<SocketId> TurnTcpConnections::connect(Time now, SocketId relay, const Endpoint& peer) {
  const Socket* listening = sockets_.find(relay);
  if (listening == nullptr) return DropReason::no_allocation;
  if (addresses_.find(relay_interface_, peer.address) != nullptr && !is_leased(peer)) {
    return DropReason::peer_not_leased;
  }
  auto fd = addresses_.bind_again(listening->local);
  if (!fd.is_open()) return DropReason::table_full;
  switch (begin_connecting(fd.get(), peer)) {
    case Connecting::under_way: break;
    case Connecting::exists: return DropReason::connection_exists;
    case Connecting::impossible: return DropReason::connection_failed;
  }
  PeerConnection connection{ByteStream{std::move(fd)}, relay, peer};
  connection.stage = PeerConnection::Stage::connecting;
  const auto id = watch_peer(std::move(connection), EPOLLOUT);
  if (!id) return DropReason::table_full;
  deadlines_.set(static_cast<DeadlineQueue::Index>(*id), now + kPeerConnectionPatience);
  return *id;
}

void TurnTcpConnections::accept_peers(SocketId relay) {
  constexpr int kAcceptedInARow = 16;
  for (int i = 0; i < kAcceptedInARow; ++i) {
    const Socket* listening = sockets_.find(relay);
    if (listening == nullptr) return;
    Endpoint remote;
    FileDescriptor fd = accept_tcp(listening->fd.get(), remote);
    if (!fd.is_open()) return;
    if (is_from_reserve(fd.get())) {
      outbox_.drops.count(DropReason::descriptors_exhausted);
      continue;
    }
    const auto id = watch_peer({ByteStream{std::move(fd)}, relay, remote}, 0);
    if (!id) {
      outbox_.drops.count(DropReason::table_full);
      continue;
    }
    notify(PeerConnectionEvent::Kind::accepted, *id, *find_peer(*id));
  }
}

void TurnTcpConnections::serve_peer(SocketId id, PeerConnection& peer) {
  switch (peer.stage) {
    case PeerConnection::Stage::connecting: return finish_connecting(id, peer);
    case PeerConnection::Stage::waiting:
      return close_spliced_pair(id);  // it hung up: nothing else wakes us
    case PeerConnection::Stage::joined: return splice(id);
  }
}

void TurnTcpConnections::finish_connecting(SocketId id, PeerConnection& peer) {
  deadlines_.remove(static_cast<DeadlineQueue::Index>(id));
  if (is_connected(peer.stream.fd())) {
    peer.stage = PeerConnection::Stage::waiting;
    set_interest(id, peer.stream.fd(), peer.interest, 0);
    return notify(PeerConnectionEvent::Kind::connected, id, peer);
  }
  const PeerConnectionEvent event{PeerConnectionEvent::Kind::failed, id, peer.relay, peer.peer};
  close(id);
  worker_.notify(event);
}

/// Called while the ConnectionBind request is being handled; its answer is queued already.
void TurnTcpConnections::join(SocketId client_id, SocketId peer_id) {
  TcpClient* client = find_client(client_id);
  PeerConnection* peer = find_peer(peer_id);
  if (client == nullptr) return;
  if (peer == nullptr) return doomed_.push_back(client_id);
  set_auth_state(client_id, AuthState::authenticated);
  client->joined_to = peer_id;
  peer->client = client_id;
  peer->stage = PeerConnection::Stage::joined;
}

/// Moves bytes both ways, and lets epoll watch for whatever each direction waits for.
void TurnTcpConnections::splice(SocketId peer_id) {
  PeerConnection* peer = find_peer(peer_id);
  if (peer == nullptr) return;
  TcpClient* client = find_client(peer->client);
  if (client == nullptr) return close_spliced_pair(peer_id);

  const auto answered = client->flush();
  const bool may_speak = answered == TcpClient::Progress::all_written;
  const auto up = peer->to_peer.run(client->stream(), peer->stream);
  const auto down = may_speak ? peer->to_client.run(peer->stream, client->stream())
                              : SpliceDirection::State::wants_to_write;
  if (answered == TcpClient::Progress::ended || up == SpliceDirection::State::ended ||
      down == SpliceDirection::State::ended) {
    return doomed_.push_back(peer_id);
  }
  if (up == SpliceDirection::State::again || down == SpliceDirection::State::again)
    again_.push_back(peer_id);
  const auto watched = [](SpliceDirection::State reading, SpliceDirection::State writing) {
    const auto in = reading == SpliceDirection::State::wants_to_read ? std::uint32_t{EPOLLIN} : 0u;
    const auto out =
        writing == SpliceDirection::State::wants_to_write ? std::uint32_t{EPOLLOUT} : 0u;
    return in | out;
  };
  set_interest(peer->client, client->stream().fd(), client->interest, watched(up, down));
  set_interest(peer_id, peer->stream.fd(), peer->interest, watched(down, up));
}

/// RFC 6062 §5.4: the end of one connection is the end of the other.
void TurnTcpConnections::close_spliced_pair(SocketId peer_id) {
  PeerConnection* peer = find_peer(peer_id);
  if (peer == nullptr) return;
  const PeerConnectionEvent event{PeerConnectionEvent::Kind::closed, peer_id, peer->relay,
                                  peer->peer};
  close(peer_id);  // dooms the client's connection
  worker_.notify(event);
}

void TurnTcpConnections::notify(PeerConnectionEvent::Kind kind, SocketId id,
                                const PeerConnection& peer) {
  worker_.notify({kind, id, peer.relay, peer.peer});
}

std::optional<SocketId> TurnTcpConnections::watch_peer(PeerConnection peer,
                                                       std::uint32_t interest) {
  const auto id = worker_.reserve_socket();
  if (!id) return std::nullopt;
  prepare_media_stream(peer.stream.fd());
  peer.interest = interest;
  const int fd = peer.stream.fd();
  Socket socket;
  socket.role = SocketRole::peer;
  socket.peer = std::make_unique<PeerConnection>(std::move(peer));
  sockets_.add(*id, std::move(socket));
  if (worker_.watch(*id, fd, interest)) return id;
  sockets_.close(*id);
  return std::nullopt;
}

TcpClient* TurnTcpConnections::find_client(SocketId id) {
  Socket* socket = sockets_.find(id);
  const bool is_stream = socket != nullptr && socket->role == SocketRole::client;
  return is_stream ? static_cast<TcpClient*>(socket->client.get()) : nullptr;
}

PeerConnection* TurnTcpConnections::find_peer(SocketId id) {
  Socket* socket = sockets_.find(id);
  return socket == nullptr ? nullptr : socket->peer.get();
}

void TurnTcpConnections::set_interest(SocketId id, int fd, std::uint32_t& current,
                                      std::uint32_t wanted) {
  if (current == wanted) return;
  current = wanted;
  worker_.rewatch(id, fd, wanted);
}

}  // namespace avedge::relay
