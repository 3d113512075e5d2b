#include "relay/stream/framed_parties.h"

#include <sys/epoll.h>

#include "relay/stream/media_framing.h"
#include "relay/worker.h"

namespace avedge::relay {
namespace {

/// Reads in a row from one connection before the others have their turn.
constexpr int kReadRounds = 4;

}  // namespace

void FramedParties::adopt(SocketId id) {
  Socket& socket = *sockets_.find(id);
  PartyConnection& party = *socket.party;
  const Path path{id, socket.local, party.remote, Transport::tcp};
  auto link = std::make_unique<FrameLink>(std::move(party.stream), path, party.port);
  link->enter(outbox_);
  link->interest = party.interest;
  FrameLink& adopted = *link;
  socket.role = SocketRole::framed;
  socket.link = std::move(link);
  socket.party.reset();
  set_interest(id, adopted, EPOLLIN);
}

void FramedParties::serve(SocketId id) {
  FrameLink* link = find_link(id);
  if (link == nullptr) return;
  if ((link->interest & EPOLLOUT) != 0) write(id, *link);
  read(id);
}

void FramedParties::read(SocketId id) {
  for (int round = 0; round < kReadRounds; ++round) {
    FrameLink* link = find_link(id);
    if (link == nullptr) return;
    const Bytes room = worker_.room_to_receive();
    std::vector<std::byte>& unfinished = link->unfinished();
    std::copy(unfinished.begin(), unfinished.end(), room.begin());
    const StreamIo io = link->stream().read(room.subspan(unfinished.size()));
    if (io.result == StreamIo::Result::would_block) return;
    if (io.result == StreamIo::Result::ended) return end(id, *link);
    const std::size_t received = unfinished.size() + io.bytes;
    unfinished.clear();
    worker_.keep_received();
    take_frames(id, room.first(received));
  }
  again_.push_back(id);
}

/// Serves every whole frame and keeps the beginning of the next one.
void FramedParties::take_frames(SocketId id, Bytes received) {
  while (FrameLink* link = find_link(id)) {
    const auto frame = first_frame(received);
    if (!frame) {
      outbox_.drops.count(frame.reason());
      return end(id, *link);
    }
    if (!*frame) return link->unfinished().assign(received.begin(), received.end());
    received = received.subspan(kFrameLengthSize + (*frame)->size());
    if (!(*frame)->empty()) worker_.serve_message(id, **frame);
  }
}

void FramedParties::flush() {
  for (const SocketId id : std::exchange(again_, {})) read(id);
  for (std::size_t i = 0; i < outbox_.dirty.size(); ++i) {
    const SocketId id = outbox_.dirty[i];
    if (FrameLink* link = find_link(id)) write(id, *link);
  }
  outbox_.dirty.clear();
}

void FramedParties::write(SocketId id, FrameLink& link) {
  const auto progress = link.flush();
  if (progress == StreamLink::Progress::ended) return end(id, link);
  const bool waits = progress == StreamLink::Progress::would_block;
  set_interest(id, link, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void FramedParties::end(SocketId id, const FrameLink& link) {
  worker_.notify({StreamEvent::Kind::ended, id, link.port(), link.path().remote});
  sockets_.close(id);
}

FrameLink* FramedParties::find_link(SocketId id) {
  Socket* socket = sockets_.find(id);
  const bool is_framed = socket != nullptr && socket->role == SocketRole::framed;
  return is_framed ? static_cast<FrameLink*>(socket->link.get()) : nullptr;
}

void FramedParties::set_interest(SocketId id, FrameLink& link, std::uint32_t wanted) {
  if (link.interest == wanted) return;
  link.interest = wanted;
  worker_.rewatch(id, link.stream().fd(), wanted);
}

}  // namespace avedge::relay
