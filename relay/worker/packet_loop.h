// Receives the datagrams of one worker, and serves each: by its flow, or by asking the protocol.
#pragma once

#include <array>

#include "relay/core/counters.h"
#include "relay/core/gcra.h"
#include "relay/dtls/dtls_clients.h"
#include "relay/fan_in/fan_in.h"
#include "relay/flows/flow_table.h"
#include "relay/flows/socket_table.h"
#include "relay/forwarding/forwarder.h"
#include "relay/forwarding/packet_buffers.h"
#include "relay/sockets/receive_batch.h"
#include "relay/threads/event_loop.h"
#include "relay/worker/handler_runner.h"

namespace avedge::relay {

/// The worker's thread only.
class PacketLoop {
 public:
  /// References outlive this. `fan_in`: null if everything arrives by sockets of its own.
  struct Dependencies {
    const EventLoop& loop;
    SocketTable& sockets;
    FlowTable& flows;
    PacketBuffers& buffers;
    FanIn* fan_in;
    Forwarder& forwarder;
    HandlerRunner& handlers;
    DtlsClients& dtls;
    WorkerCounters& counters;
    DscpTtlPolicy dscp_ttl;
  };
  explicit PacketLoop(const Dependencies& dependencies);

  /// Serves what waits at a UDP or ICMP socket: one batch, since epoll is level-triggered.
  void serve(SocketId id, Socket& socket);
  /// Reports the ICMP errors that the kernel keeps for a socket.
  void report_undelivered(SocketId id);

 private:
  void receive_from(SocketId id, Socket& socket);
  std::size_t receive(SocketId id, const Socket& socket, std::size_t wanted);
  void serve_fanned_in(std::size_t count);
  // In two loops over packets: a call of its own would cost each packet 35 instructions.
  [[gnu::always_inline]] inline std::size_t serve_received(SocketId id, const Socket& socket,
                                                           std::size_t index);
  void prefetch_flows(std::size_t count);
  [[nodiscard]] bool reads_fields(const Socket& socket) const;
  std::size_t serve_gro_burst(SocketId id, const Packet& burst, std::size_t segment);
  void serve_packet(SocketId id, const Socket& socket, const Packet& packet);

  void report_quoted(int icmp_socket, AddressFamily family);
  void report(SocketId relay, const Endpoint& peer, const IcmpError& error);

  Dependencies dependencies_;
  ReceiveBatch received_;
  std::array<SocketId, ReceiveBatch::kCapacity> addressees_;  // of received_
  static_assert(ReceiveBatch::kCapacity <= FlowTable::kPrefetched);
  GcraBudget icmp_reports_;
};

}  // namespace avedge::relay
