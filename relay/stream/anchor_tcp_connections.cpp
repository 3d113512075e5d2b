#include "relay/stream/anchor_tcp_connections.h"

#include <sys/epoll.h>

#include <array>

#include "relay/core/descriptor_reserve.h"
#include "relay/sockets/tcp_socket.h"
#include "relay/stream/media_framing.h"
#include "relay/worker/worker.h"

namespace avedge::relay {
namespace {

using Stage = AnchorTcpConnection::Stage;

/// Of a connection that waits: whether its party has hung up. Its bytes wait in the kernel.
constexpr std::uint32_t kHungUp = EPOLLRDHUP;

std::uint32_t interest_of(SpliceDirection::State reading, SpliceDirection::State writing) {
  const auto in = reading == SpliceDirection::State::wants_to_read ? std::uint32_t{EPOLLIN} : 0u;
  const auto out = writing == SpliceDirection::State::wants_to_write ? std::uint32_t{EPOLLOUT} : 0u;
  return in | out;
}

}  // namespace

/// What epoll said may have been about a connection that had this id earlier in the same wake-up,
/// so nothing is taken for over or for connected that the connection does not say itself.
void AnchorTcpConnections::serve(SocketId id) {
  const Socket& socket = *sockets_.find(id);
  if (socket.role == SocketRole::tcp_anchor) return accept_connections(id);
  if (socket.role == SocketRole::framed) return framed_.serve(id);
  AnchorTcpConnection& party = *socket.party;
  switch (party.stage) {
    case Stage::connecting: return finish_connecting(id, party);
    case Stage::opening: return look_at_first_frame(id, party);
    case Stage::waiting:
      if (has_hung_up(party.stream.fd())) end(id);
      return;
    case Stage::joined: return splice(id);
  }
}

void AnchorTcpConnections::flush() {
  for (const SocketId id : std::exchange(again_, {})) splice(id);
  framed_.flush();
}

// --- how a connection begins
// ----------------------------------------------------------------------

void AnchorTcpConnections::set_accepting(SocketId port, bool accepting) {
  const Socket* anchor = sockets_.find(port);
  if (anchor == nullptr || anchor->role != SocketRole::tcp_anchor) return;
  worker_.rewatch(port, anchor->fd.get(), accepting ? std::uint32_t{EPOLLIN} : 0u);
}

void AnchorTcpConnections::accept_connections(SocketId port) {
  constexpr int kAcceptedInARow = 16;
  for (int i = 0; i < kAcceptedInARow; ++i) {
    const Socket* anchor = sockets_.find(port);
    if (anchor == nullptr) return;
    Endpoint remote;
    FileDescriptor fd = accept_tcp(anchor->fd.get(), remote);
    if (!fd.is_open()) return;
    if (is_from_reserve(fd.get())) {
      counters_.drops.count(DropReason::descriptors_exhausted);
      continue;
    }
    const auto id = watch_connection({ByteStream{std::move(fd)}, port, remote}, kHungUp);
    if (!id) {
      counters_.drops.count(DropReason::table_full);
      continue;
    }
    notify(StreamEvent::Kind::accepted, *id, *find_connection(*id));
  }
}

Verdict<SocketId> AnchorTcpConnections::dial(SocketId port, const Endpoint& remote) {
  const Socket* anchor = sockets_.find(port);
  if (anchor == nullptr) return DropReason::no_destination;
  const auto target = addresses_.reachable_over_tcp(remote);
  if (!target || *target == anchor->local) return DropReason::peer_not_leased;
  auto fd = addresses_.bind_again(anchor->local);
  if (!fd.is_open()) return DropReason::table_full;
  switch (begin_connecting(fd.get(), *target)) {
    case Connecting::under_way: break;
    case Connecting::exists: return DropReason::connection_exists;
    case Connecting::impossible: return DropReason::connection_failed;
  }
  AnchorTcpConnection party{ByteStream{std::move(fd)}, port, remote};
  party.stage = Stage::connecting;
  const auto id = watch_connection(std::move(party), EPOLLOUT);
  if (!id) return DropReason::table_full;
  return *id;
}

void AnchorTcpConnections::finish_connecting(SocketId id, AnchorTcpConnection& party) {
  if (!is_decided(party.stream.fd())) return;
  if (!is_connected(party.stream.fd())) return end(id);
  party.stage = Stage::waiting;
  set_interest(id, party, kHungUp);
  notify(StreamEvent::Kind::connected, id, party);
}

/// Told of each arrival once: what is looked at stays, and would be reported for ever.
void AnchorTcpConnections::await_first_frame(SocketId connection) {
  AnchorTcpConnection* party = find_connection(connection);
  if (party == nullptr || party->stage != Stage::waiting) return;
  party->stage = Stage::opening;
  set_interest(connection, *party, std::uint32_t{EPOLLIN} | std::uint32_t{EPOLLET});
}

void AnchorTcpConnections::look_at_first_frame(SocketId id, const AnchorTcpConnection& party) {
  std::array<std::byte, kFrameLengthSize + kLongestFirstFrame> buffer;
  const StreamIo io = party.stream.peek(buffer);
  if (io.result == StreamIo::Result::ended) return end(id);
  const auto frame = first_frame(Bytes{buffer}.first(io.bytes));
  const bool too_long = !frame || (!*frame && io.bytes == buffer.size());
  if (!too_long && !*frame) return;  // more is to come
  notify(StreamEvent::Kind::spoke, id, party, too_long ? ConstBytes{} : **frame);
}

void AnchorTcpConnections::speak_frames(SocketId connection) {
  if (find_connection(connection) != nullptr) framed_.adopt(connection);
}

// --- joined to another one
// ------------------------------------------------------------------------

void AnchorTcpConnections::join(SocketId near, SocketId far) {
  AnchorTcpConnection* one = find_connection(near);
  AnchorTcpConnection* other = find_connection(far);
  if (one == nullptr || other == nullptr) return;
  one->partner = far;
  one->direction = Direction::anchor_near_to_far;
  other->partner = near;
  other->direction = Direction::anchor_far_to_near;
  for (const auto& [id, party] : {std::pair{near, one}, std::pair{far, other}}) {
    party->stage = Stage::joined;
    set_interest(id, *party, EPOLLIN);
  }
}

/// Moves bytes both ways, and lets epoll watch for whatever each direction waits for.
void AnchorTcpConnections::splice(SocketId id) {
  AnchorTcpConnection* party = find_connection(id);
  if (party == nullptr || party->stage != Stage::joined) return;
  AnchorTcpConnection* partner = find_connection(party->partner);
  if (partner == nullptr) return end(id);

  const auto there = move(*party, *partner);
  const auto back = move(*partner, *party);
  if (there == SpliceDirection::State::ended || back == SpliceDirection::State::ended)
    return end(id);
  if (there == SpliceDirection::State::again || back == SpliceDirection::State::again)
    again_.push_back(id);
  set_interest(id, *party, interest_of(there, back));
  set_interest(party->partner, *partner, interest_of(back, there));
}

SpliceDirection::State AnchorTcpConnections::move(AnchorTcpConnection& from,
                                                  AnchorTcpConnection& to) {
  const std::uint64_t before = from.to_partner.moved();
  const auto state = from.to_partner.run(from.stream, to.stream);
  const std::uint64_t moved = from.to_partner.moved() - before;
  if (moved == 0) return state;
  from.last_activity = now_;
  counters_.bytes[static_cast<std::size_t>(from.direction)].add(moved);
  return state;
}

FlowUsage AnchorTcpConnections::sent_over(SocketId connection) const {
  const AnchorTcpConnection* party = find_connection(connection);
  if (party == nullptr) return {};
  return {0, party->to_partner.moved(), party->last_activity};
}

// --- how it ends
// ----------------------------------------------------------------------------------

/// The handler closes what it is joined to, or was dialled for it.
void AnchorTcpConnections::end(SocketId id) {
  notify(StreamEvent::Kind::ended, id, *find_connection(id));
  sockets_.close(id);
}

void AnchorTcpConnections::notify(StreamEvent::Kind kind, SocketId id,
                                  const AnchorTcpConnection& party, ConstBytes first_frame) {
  worker_.notify({kind, id, party.port, party.remote, first_frame});
}

std::optional<SocketId> AnchorTcpConnections::watch_connection(AnchorTcpConnection party,
                                                               std::uint32_t interest) {
  const auto id = worker_.reserve_socket();
  if (!id) return std::nullopt;
  prepare_media_stream(party.stream.fd());
  party.interest = interest;
  const int fd = party.stream.fd();
  Socket socket;
  socket.role = SocketRole::party;
  socket.local = sockets_.find(party.port)->local;
  socket.party = std::make_unique<AnchorTcpConnection>(std::move(party));
  sockets_.add(*id, std::move(socket));
  if (worker_.watch(*id, fd, interest)) return id;
  sockets_.close(*id);
  return std::nullopt;
}

AnchorTcpConnection* AnchorTcpConnections::find_connection(SocketId id) const {
  const Socket* socket = sockets_.find(id);
  return socket == nullptr ? nullptr : socket->party.get();
}

void AnchorTcpConnections::set_interest(SocketId id, AnchorTcpConnection& party,
                                        std::uint32_t wanted) {
  if (party.interest == wanted) return;
  party.interest = wanted;
  worker_.rewatch(id, party.stream.fd(), wanted);
}

}  // namespace avedge::relay
