// The sockets of one worker that are not connections: how they come under its care, and leave it.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "relay/fan_in/fan_in.h"
#include "relay/flows/socket_table.h"
#include "relay/sockets/ip_header_fields.h"
#include "relay/threads/event_loop.h"

namespace avedge::relay {

/// The worker's thread only, or before it runs; reserve() and cancel() on any thread.
class WorkerSockets {
 public:
  /// All outlive this. `fan_in`: null if everything arrives by sockets of its own.
  WorkerSockets(EventLoop& loop, SocketTable& sockets, FanIn* fan_in, const DscpTtlPolicy& dscp_ttl)
      : loop_{loop}, sockets_{sockets}, fan_in_{fan_in}, dscp_ttl_{dscp_ttl} {}

  /// An id for a socket that will be adopted. Nothing when the table is full.
  [[nodiscard]] std::optional<SocketId> reserve() { return sockets_.reserve(); }
  void cancel(SocketId id) { sockets_.cancel(id); }

  /// Takes over a bound UDP or ICMP socket and watches it. False if the kernel cannot watch one
  /// more: the socket is there then, deaf until it is closed.
  bool adopt(SocketId id, Socket socket);
  /// Closes it; its flows must be gone. Not for connections, which their owners close.
  void close(SocketId id);
  /// Gives the socket of a relayed address away instead, for another worker. Nothing if there is
  /// none.
  [[nodiscard]] std::optional<LeasedSocket> release(SocketId id);

  /// The UDP listener that is bound to `local`.
  [[nodiscard]] std::optional<SocketId> udp_listener(const Endpoint& local) const;
  /// All that are part of that configured listener.
  [[nodiscard]] std::vector<SocketId> udp_listeners(std::uint16_t index) const;
  /// A period is over: adapts the receive buffers that many senders share. Returns how many
  /// datagrams overflowed them.
  std::uint32_t adapt_shared_buffers();

 private:
  [[nodiscard]] bool is_fanned_in(const Socket& socket) const;

  EventLoop& loop_;
  SocketTable& sockets_;
  FanIn* fan_in_;
  DscpTtlPolicy dscp_ttl_;
  std::map<Endpoint, SocketId> udp_listeners_;
  std::vector<SocketId> shared_;  // listeners and receivers of fan-in: they are never closed
};

}  // namespace avedge::relay
