// Connections of anchored calls whose other party has no TCP: their frames are forwarded by flows,
// as datagrams are.
#pragma once

#include <vector>

#include "relay/forwarding/socket_table.h"
#include "relay/stream/rfc4571_connection.h"

namespace avedge::relay {

class Worker;

/// The worker's thread only.
class Rfc4571Connections {
 public:
  /// All outlive this.
  Rfc4571Connections(Worker& worker, SocketTable& sockets, Drops& drops, const Time& now)
      : worker_{worker}, sockets_{sockets}, outbox_{drops, now, {}} {}

  /// Makes a connection of the waiting connection `id`, whose bytes have stayed in the kernel so
  /// far.
  void adopt(SocketId id);
  /// Something happened on a connection.
  void serve(SocketId id);
  /// Sends what waits to be sent, and goes on reading where others had their turn first.
  void flush();
  [[nodiscard]] bool has_more_to_do() const { return !again_.empty() || !outbox_.dirty.empty(); }

 private:
  void read(SocketId id);
  void take_frames(SocketId id, Bytes received);
  void write(SocketId id, Rfc4571Connection& client);
  void end(SocketId id, const Rfc4571Connection& client);
  [[nodiscard]] Rfc4571Connection* find_client(SocketId id);
  void set_interest(SocketId id, Rfc4571Connection& client, std::uint32_t wanted);

  Worker& worker_;
  SocketTable& sockets_;
  StreamOutbox outbox_;
  std::vector<SocketId> again_;
};

}  // namespace avedge::relay
