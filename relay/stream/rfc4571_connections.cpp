#include "relay/stream/rfc4571_connections.h"

#include <sys/epoll.h>

#include "relay/stream/media_framing.h"
#include "relay/worker/worker.h"

namespace avedge::relay {
namespace {

/// Reads in a row from one connection before the others have their turn.
constexpr int kReadRounds = 4;

}  // namespace

void Rfc4571Connections::adopt(SocketId id) {
  Socket& socket = *sockets_.find(id);
  AnchorTcpConnection& party = *socket.party;
  const Path path{id, socket.local, party.remote, Transport::tcp};
  auto client = std::make_unique<Rfc4571Connection>(std::move(party.stream), path, party.port);
  client->enter(outbox_);
  client->interest = party.interest;
  Rfc4571Connection& adopted = *client;
  socket.role = SocketRole::framed;
  socket.client = std::move(client);
  socket.party.reset();
  set_interest(id, adopted, EPOLLIN);
}

void Rfc4571Connections::serve(SocketId id) {
  Rfc4571Connection* client = find_client(id);
  if (client == nullptr) return;
  if ((client->interest & EPOLLOUT) != 0) write(id, *client);
  read(id);
}

void Rfc4571Connections::read(SocketId id) {
  for (int round = 0; round < kReadRounds; ++round) {
    Rfc4571Connection* client = find_client(id);
    if (client == nullptr) return;
    const Bytes room = worker_.room_to_receive();
    std::vector<std::byte>& unfinished = client->unfinished();
    std::copy(unfinished.begin(), unfinished.end(), room.begin());
    const StreamIo io = client->stream().read(room.subspan(unfinished.size()));
    if (io.result == StreamIo::Result::would_block) return;
    if (io.result == StreamIo::Result::ended) return end(id, *client);
    const std::size_t received = unfinished.size() + io.bytes;
    unfinished.clear();
    worker_.keep_received();
    take_frames(id, room.first(received));
  }
  again_.push_back(id);
}

/// Serves every whole frame and keeps the beginning of the next one.
void Rfc4571Connections::take_frames(SocketId id, Bytes received) {
  while (Rfc4571Connection* client = find_client(id)) {
    const auto frame = first_frame(received);
    if (!frame) {
      outbox_.drops.count(frame.reason());
      return end(id, *client);
    }
    if (!*frame) return client->unfinished().assign(received.begin(), received.end());
    received = received.subspan(kFrameLengthSize + (*frame)->size());
    if (!(*frame)->empty()) worker_.serve_message(id, **frame);
  }
}

void Rfc4571Connections::flush() {
  for (const SocketId id : std::exchange(again_, {})) read(id);
  for (std::size_t i = 0; i < outbox_.dirty.size(); ++i) {
    const SocketId id = outbox_.dirty[i];
    if (Rfc4571Connection* client = find_client(id)) write(id, *client);
  }
  outbox_.dirty.clear();
}

void Rfc4571Connections::write(SocketId id, Rfc4571Connection& client) {
  const auto progress = client.flush();
  if (progress == MessageStream::Progress::ended) return end(id, client);
  const bool waits = progress == MessageStream::Progress::would_block;
  set_interest(id, client, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void Rfc4571Connections::end(SocketId id, const Rfc4571Connection& client) {
  worker_.notify({StreamEvent::Kind::ended, id, client.port(), client.path().remote});
  sockets_.close(id);
}

Rfc4571Connection* Rfc4571Connections::find_client(SocketId id) {
  Socket* socket = sockets_.find(id);
  const bool is_framed = socket != nullptr && socket->role == SocketRole::framed;
  return is_framed ? static_cast<Rfc4571Connection*>(socket->client.get()) : nullptr;
}

void Rfc4571Connections::set_interest(SocketId id, Rfc4571Connection& client,
                                      std::uint32_t wanted) {
  if (client.interest == wanted) return;
  client.interest = wanted;
  worker_.rewatch(id, client.stream().fd(), wanted);
}

}  // namespace avedge::relay
