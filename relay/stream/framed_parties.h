// Connections of anchored calls whose other party has no TCP: their frames are forwarded by flows,
// as datagrams are.
#pragma once

#include <vector>

#include "relay/socket_table.h"
#include "relay/stream/frame_link.h"

namespace avedge::relay {

class Worker;

/// The worker's thread only.
class FramedParties {
 public:
  /// All outlive this.
  FramedParties(Worker& worker, SocketTable& sockets, Drops& drops, const Time& now)
      : worker_{worker}, sockets_{sockets}, outbox_{drops, now, {}} {}

  /// Makes a link of the waiting connection `id`, whose bytes have stayed in the kernel so far.
  void adopt(SocketId id);
  /// Something happened on a link.
  void serve(SocketId id);
  /// Sends what waits to be sent, and goes on reading where others had their turn first.
  void flush();
  [[nodiscard]] bool has_more_to_do() const { return !again_.empty() || !outbox_.dirty.empty(); }

 private:
  void read(SocketId id);
  void take_frames(SocketId id, Bytes received);
  void write(SocketId id, FrameLink& link);
  void end(SocketId id, const FrameLink& link);
  [[nodiscard]] FrameLink* find_link(SocketId id);
  void set_interest(SocketId id, FrameLink& link, std::uint32_t wanted);

  Worker& worker_;
  SocketTable& sockets_;
  StreamOutbox outbox_;
  std::vector<SocketId> again_;
};

}  // namespace avedge::relay
