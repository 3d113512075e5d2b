#include "relay/stream/tcp_connections.h"

#include <sys/epoll.h>

#include <array>
#include <utility>

#include "relay/core/descriptor_reserve.h"
#include "relay/sockets/tcp_socket.h"
#include "relay/stream/media_framing.h"

namespace avedge::relay {
namespace {

using Stage = TcpConnection::Stage;
using State = SpliceDirection::State;

/// Reads in a row from one connection before the others have their turn.
constexpr int kReadRounds = 4;
/// Connections accepted in a row at one port.
constexpr int kAcceptedInARow = 16;

/// What epoll watches for at one end of a splice.
std::uint32_t interest_of(State reading, State writing) {
  const auto in = reading == State::wants_to_read ? std::uint32_t{EPOLLIN} : 0u;
  const auto out = writing == State::wants_to_write ? std::uint32_t{EPOLLOUT} : 0u;
  return in | out;
}

/// Of a connection that is held and watched for `interest`.
bool is_over(int fd, std::uint32_t interest) {
  return (interest & EPOLLRDHUP) != 0 ? has_hung_up(fd) : is_closed(fd);
}

}  // namespace

// --- how connections begin -----------------------------------------------------------------------

bool TcpConnections::adopt_client(SocketId id, std::unique_ptr<TcpConnection> client,
                                  TcpConnectionOwner& owner) {
  TcpConnection& adopted = add(id, std::move(client), owner);
  adopted.speak(turn_codec());
  adopted.interest = EPOLLIN;
  Socket socket;
  socket.local = adopted.path().local;
  socket.kind = ClientConnection{&owner, &adopted};
  dependencies_.sockets.add(id, std::move(socket));
  return dependencies_.loop.watch(adopted.stream().fd(), static_cast<std::uint64_t>(id), EPOLLIN);
}

void TcpConnections::begin_reading(SocketId id) {
  TcpConnection* client = find(id);
  if (client == nullptr) return;
  std::vector<std::byte> brought = std::exchange(client->unfinished(), {});
  if (!brought.empty()) decode(id, brought);
  read(id);
}

bool TcpConnections::listen(SocketId id, LeasedSocket port, TcpConnectionOwner& owner,
                            bool accepting) {
  const int fd = port.fd.get();
  Socket socket{std::move(port)};
  socket.kind = TcpPort{&owner};
  dependencies_.sockets.add(id, std::move(socket));
  entry_of(id) = {nullptr, &owner};
  return dependencies_.loop.watch(fd, static_cast<std::uint64_t>(id),
                                  accepting ? std::uint32_t{EPOLLIN} : 0u);
}

void TcpConnections::set_accepting(SocketId port, bool accepting) {
  const Socket* listening = dependencies_.sockets.find(port);
  if (listening == nullptr || !listening->is<TcpPort>()) return;
  dependencies_.loop.rewatch(listening->fd.get(), static_cast<std::uint64_t>(port),
                             accepting ? std::uint32_t{EPOLLIN} : 0u);
}

void TcpConnections::accept(SocketId port) {
  for (int i = 0; i < kAcceptedInARow; ++i) {
    const Socket* listening = dependencies_.sockets.find(port);
    if (listening == nullptr || !listening->is<TcpPort>()) return;
    Endpoint remote;
    FileDescriptor fd = accept_tcp(listening->fd.get(), remote);
    if (!fd.is_open()) return;
    if (is_from_reserve(fd.get())) {
      dependencies_.counters.drops.count(DropReason::descriptors_exhausted);
      continue;
    }
    TcpConnectionOwner& owner = *entry_of(port).owner;
    const Path path{kNoSocket, listening->local, remote, Transport::tcp};
    TcpConnection* accepted =
        watch(std::make_unique<TcpConnection>(ByteStream{std::move(fd)}, path, port), owner,
              owner.held_interest());
    if (accepted == nullptr) {
      dependencies_.counters.drops.count(DropReason::table_full);
      continue;
    }
    owner.on_accepted(*accepted);
  }
}

Verdict<SocketId> TcpConnections::connect(SocketId port, const Endpoint& target,
                                          const Endpoint& remote, TcpConnectionOwner& owner) {
  const Socket* listening = dependencies_.sockets.find(port);
  if (listening == nullptr) return DropReason::no_destination;
  auto fd = dependencies_.addresses.bind_again(listening->local);
  if (!fd.is_open()) return DropReason::table_full;
  switch (begin_connecting(fd.get(), target)) {
    case Connecting::under_way: break;
    case Connecting::exists: return DropReason::connection_exists;
    case Connecting::impossible: return DropReason::connection_failed;
  }
  const Path path{kNoSocket, listening->local, remote, Transport::tcp};
  auto connection = std::make_unique<TcpConnection>(ByteStream{std::move(fd)}, path, port);
  connection->stage = Stage::connecting;
  const TcpConnection* watched = watch(std::move(connection), owner, EPOLLOUT);
  if (watched == nullptr) return DropReason::table_full;
  return watched->id();
}

void TcpConnections::finish_connecting(TcpConnection& connection) {
  const int fd = connection.stream().fd();
  if (!is_decided(fd)) return;
  if (!is_connected(fd)) return end(connection.id(), std::nullopt);
  TcpConnectionOwner& owner = *entry_of(connection.id()).owner;
  connection.stage = Stage::held;
  set_interest(connection, owner.held_interest());
  owner.on_connected(connection);
}

TcpConnections::Entry& TcpConnections::entry_of(SocketId id) {
  const auto index = static_cast<std::size_t>(id);
  if (index >= entries_.size()) entries_.resize(index + 1);
  return entries_[index];
}

TcpConnection& TcpConnections::add(SocketId id, std::unique_ptr<TcpConnection> connection,
                                   TcpConnectionOwner& owner) {
  Entry& entry = entry_of(id);
  entry = {std::move(connection), &owner};
  entry.connection->enter(id, outbox_);
  return *entry.connection;
}

TcpConnection* TcpConnections::watch(std::unique_ptr<TcpConnection> connection,
                                     TcpConnectionOwner& owner, std::uint32_t interest) {
  const auto id = dependencies_.sockets.reserve();
  if (!id) return nullptr;
  TcpConnection& watched = add(*id, std::move(connection), owner);
  const int fd = watched.stream().fd();
  prepare_media_stream(fd);
  watched.interest = interest;
  Socket socket;
  socket.local = watched.path().local;
  socket.kind = ByteConnection{&owner};
  dependencies_.sockets.add(*id, std::move(socket));
  if (dependencies_.loop.watch(fd, static_cast<std::uint64_t>(*id), interest)) return &watched;
  close(*id);
  return nullptr;
}

// --- what happens on them ------------------------------------------------------------------------

/// What epoll said may have been about a connection that had this id earlier in the same wake-up,
/// so nothing is taken for over or for connected that the connection does not say itself.
void TcpConnections::serve(SocketId id) {
  const Socket* socket = dependencies_.sockets.find(id);
  if (socket == nullptr) return;
  if (socket->is<TcpPort>()) return accept(id);
  TcpConnection* connection = find(id);
  if (connection == nullptr) return;
  switch (connection->stage) {
    case Stage::connecting: return finish_connecting(*connection);
    case Stage::held:
      if (is_over(connection->stream().fd(), connection->interest)) end(id, std::nullopt);
      return;
    case Stage::awaiting_frame: return read_first_frame(*connection);
    case Stage::messages:
      if ((connection->interest & EPOLLOUT) != 0) write(*connection);
      return read(id);
    case Stage::spliced: return run_splice(id);
  }
}

/// Told of each arrival once: what is looked at stays, and would be reported for ever.
void TcpConnections::await_first_frame(SocketId id) {
  TcpConnection* connection = find(id);
  if (connection == nullptr || connection->stage != Stage::held) return;
  connection->stage = Stage::awaiting_frame;
  set_interest(*connection, std::uint32_t{EPOLLIN} | std::uint32_t{EPOLLET});
}

void TcpConnections::read_first_frame(TcpConnection& connection) {
  std::array<std::byte, kFrameLengthSize + kLongestFirstFrame> buffer;
  const StreamIo io = connection.stream().peek(buffer);
  if (io.result == StreamIo::Result::ended) return end(connection.id(), std::nullopt);
  const auto frame = first_frame(Bytes{buffer}.first(io.bytes));
  const bool too_long = !frame || (!*frame && io.bytes == buffer.size());
  if (!too_long && !*frame) return;  // more is to come
  entry_of(connection.id()).owner->on_first_frame(connection, too_long ? ConstBytes{} : **frame);
}

void TcpConnections::speak_rfc4571(SocketId id) {
  TcpConnection* connection = find(id);
  if (connection == nullptr) return;
  if (connection->stage != Stage::held && connection->stage != Stage::awaiting_frame) return;
  connection->speak(rfc4571_codec());
  dependencies_.sockets.find(id)->kind = PartyConnection{entry_of(id).owner, connection};
  set_interest(*connection, EPOLLIN);
}

void TcpConnections::read(SocketId id) {
  for (int round = 0; round < kReadRounds; ++round) {
    TcpConnection* connection = find(id);
    if (connection == nullptr || connection->stage != Stage::messages) return;
    const Bytes room = dependencies_.buffers.room_to_read();
    std::vector<std::byte>& unfinished = connection->unfinished();
    std::copy(unfinished.begin(), unfinished.end(), room.begin());
    const StreamIo io = connection->stream().read(room.subspan(unfinished.size()));
    if (io.result == StreamIo::Result::would_block) return;
    if (io.result == StreamIo::Result::ended) return end(id, std::nullopt);
    const std::size_t received = unfinished.size() + io.bytes;
    unfinished.clear();
    dependencies_.buffers.keep_read();
    decode(id, room.first(received));
  }
  again_.push_back(id);
}

/// Handles every whole message and keeps the beginning of the next one. Each message may be the end
/// of the connection, or of its being a connection of messages.
void TcpConnections::decode(SocketId id, Bytes received) {
  while (!received.empty()) {
    TcpConnection* connection = find(id);
    if (connection == nullptr) return;
    const auto decoded = connection->codec().decode(received, connection->auth_state());
    if (!decoded) return end(id, decoded.reason());
    if (!*decoded) break;

    leaving_ = {};
    const Bytes message = (*decoded)->message;
    if (!message.empty()) dependencies_.events.on_message(id, message);
    if (leaving_.socket == id) return move_to(leaving_, received);
    received = received.subspan((*decoded)->occupied);
    connection = find(id);
    if (connection == nullptr) return;
    if (connection->stage == Stage::spliced) {
      return connection->splice->to_partner.preload(received);
    }
    connection->note_request(outbox_.now);
  }
  if (TcpConnection* connection = find(id)) {
    connection->unfinished().assign(received.begin(), received.end());
  }
}

/// The connection and everything unread, from the current message on.
void TcpConnections::move_to(const Leaving& leaving, ConstBytes unread) {
  std::unique_ptr<TcpConnection> connection =
      std::exchange(entry_of(leaving.socket), {}).connection;
  connection->unfinished().assign(unread.begin(), unread.end());
  dependencies_.loop.unwatch(connection->stream().fd());
  dependencies_.sockets.close(leaving.socket);
  dependencies_.mover.move(std::move(connection), leaving.worker);
}

void TcpConnections::write(TcpConnection& connection) {
  const auto progress = connection.flush();
  if (progress == TcpConnection::Progress::ended) return doom(connection.id());
  if (connection.stage == Stage::spliced) return run_splice(connection.id());
  const bool waits = progress == TcpConnection::Progress::would_block;
  set_interest(connection, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

// --- two connections as one byte stream ----------------------------------------------------------

void TcpConnections::splice(SocketId id, SocketId other, std::optional<Direction> direction,
                            std::optional<Direction> back) {
  TcpConnection* one = find(id);
  TcpConnection* two = find(other);
  if (one == nullptr || two == nullptr) return;
  for (const TcpConnection* each : {one, two}) {
    if (each->stage == Stage::connecting || each->stage == Stage::spliced) return;
  }
  one->splice = TcpConnection::Splice{.partner = other, .to_partner = {}, .counted_as = direction};
  two->splice = TcpConnection::Splice{.partner = id, .to_partner = {}, .counted_as = back};
  one->stage = two->stage = Stage::spliced;
  again_.push_back(id);
}

/// Moves bytes both ways, and lets epoll watch for whatever each direction waits for.
void TcpConnections::run_splice(SocketId id) {
  TcpConnection* one = find(id);
  if (one == nullptr || one->stage != Stage::spliced || one->is_doomed) return;
  TcpConnection* two = find(one->splice->partner);
  if (two == nullptr) return doom(id);

  const State there = run_direction(*one, *two);
  const State back = run_direction(*two, *one);
  if (there == State::ended || back == State::ended) return doom(id);
  if (there == State::again || back == State::again) again_.push_back(id);
  set_interest(*one, interest_of(there, back));
  set_interest(*two, interest_of(back, there));
}

/// What still waits for a client, the answer that made a byte stream of its connection, goes first.
State TcpConnections::run_direction(TcpConnection& from, TcpConnection& to) {
  switch (to.flush()) {
    case TcpConnection::Progress::all_written: break;
    case TcpConnection::Progress::would_block: return State::wants_to_write;
    case TcpConnection::Progress::ended: return State::ended;
  }
  TcpConnection::Splice& splice = *from.splice;
  const std::uint64_t before = splice.to_partner.moved();
  const State state = splice.to_partner.run(from.stream(), to.stream());
  const std::uint64_t moved = splice.to_partner.moved() - before;
  if (moved == 0) return state;
  splice.last_activity = outbox_.now;
  if (splice.counted_as) {
    dependencies_.counters.bytes[static_cast<std::size_t>(*splice.counted_as)].add(moved);
  }
  return state;
}

// --- how they end --------------------------------------------------------------------------------

void TcpConnections::end(SocketId id, std::optional<DropReason> reason) {
  TcpConnection* connection = find(id);
  if (connection == nullptr) return;
  entry_of(id).owner->on_ended(*connection, reason);
  close(id);
}

void TcpConnections::doom(SocketId id) {
  TcpConnection* connection = find(id);
  if (connection == nullptr || connection->is_doomed) return;
  connection->is_doomed = true;
  doomed_.push_back(id);
}

/// RFC 6062 §5.4: the end of one connection is the end of the other.
void TcpConnections::close(SocketId id) {
  TcpConnection* connection = find(id);
  if (connection == nullptr) return;
  static_cast<void>(connection->flush());  // a last answer, as far as it can leave at once
  const SocketId partner = connection->splice ? connection->splice->partner : kNoSocket;
  entry_of(id) = {};
  dependencies_.sockets.close(id);
  if (partner != kNoSocket) doom(partner);
}

void TcpConnections::flush() {
  for (const SocketId id : std::exchange(again_, {})) serve(id);
  for (std::size_t i = 0; i < outbox_.dirty.size(); ++i) {
    if (TcpConnection* connection = find(outbox_.dirty[i])) write(*connection);
  }
  outbox_.dirty.clear();
  while (!doomed_.empty()) {
    const SocketId id = doomed_.back();
    doomed_.pop_back();
    if (const TcpConnection* connection = find(id);
        connection != nullptr && connection->is_doomed) {
      end(id, std::nullopt);
    }
  }
}

TcpConnection* TcpConnections::find(SocketId id) const {
  const auto index = static_cast<std::size_t>(id);
  return index < entries_.size() ? entries_[index].connection.get() : nullptr;
}

void TcpConnections::set_interest(TcpConnection& connection, std::uint32_t interest) {
  if (connection.interest == interest) return;
  connection.interest = interest;
  dependencies_.loop.rewatch(connection.stream().fd(), static_cast<std::uint64_t>(connection.id()),
                             interest);
}

}  // namespace avedge::relay
