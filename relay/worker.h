// One thread of the data plane: one epoll, its own listeners, relay and anchor sockets, flows and
// counters. It forwards by flows; what no flow explains it shows to the slow path, and carries out
// what that decides.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>

#include "relay/core/counters.h"
#include "relay/core/media_path.h"
#include "relay/core/slow_path.h"
#include "relay/flow_table.h"
#include "relay/forwarder.h"
#include "relay/mailbox.h"
#include "relay/packet_ring.h"
#include "relay/send_batch.h"
#include "relay/socket_table.h"
#include "relay/worker_ports.h"

namespace avedge::relay {

/// The protocol knowledge a worker consults. Made for each worker by edge/, with references to that
/// worker's ports, flow counters and counters; used on its thread only.
struct Handlers {
  std::unique_ptr<SlowPathHandler> listener;
  std::unique_ptr<MediaPathHandler> anchor;
};

/// What a worker offers to the handlers that are made for it. Everything outlives them.
struct HandlerSurroundings {
  RelayPorts& ports;
  const FlowReader& flows;
  WorkerCounters& counters;
};
using HandlerFactory = std::function<Handlers(const HandlerSurroundings&)>;

struct WorkerCapacity {
  std::size_t flows = 0;
  std::size_t sockets = 0;
};

class Worker final : public FlowReader {
 public:
  /// `addresses` and `reservations` are shared by all workers and outlive them.
  /// May throw std::bad_alloc or std::system_error (no epoll).
  Worker(const WorkerCapacity& capacity, RelayAddresses& addresses, Reservations& reservations,
         std::string_view turn_relay_interface, const HandlerFactory& make_handlers);
  ~Worker() override;

  /// The worker's loop; returns after stop(). Blocks every signal on its thread.
  void run();

  // --- any thread -------------------------------------------------------------------------------

  /// Ends run() soon. What is still posted then is not carried out.
  void stop();
  /// `order` is a callable of (Worker&), carried out on the worker's thread.
  template <class Order>
  void post(Order order) {
    mailbox_.post(std::move(order));
  }
  [[nodiscard]] const WorkerCounters& counters() const { return counters_; }
  /// An id for a socket that will be posted by adopt(). Nothing when the table is full.
  [[nodiscard]] std::optional<SocketId> reserve_socket() { return sockets_.reserve(); }
  void cancel_socket(SocketId id) { sockets_.cancel(id); }

  // --- the worker's thread (or before run() starts) ---------------------------------------------

  /// Takes over a bound socket and watches it. False if the kernel cannot watch one more: the
  /// socket is there then, deaf until it is closed.
  bool adopt(SocketId id, UdpSocket socket);
  /// Closes it; its flows must be gone.
  void close(SocketId id) { sockets_.close(id); }
  /// Gives the socket away instead, for another worker. Nothing if there is none.
  [[nodiscard]] std::optional<UdpSocket> release(SocketId id);
  /// The UDP listener that is bound to `local`.
  [[nodiscard]] std::optional<SocketId> udp_listener(const Endpoint& local) const;
  /// Lets `decide(now, outcome)` decide something outside of any packet, and carries it out.
  template <class Decide>
  void consult(Decide decide) {
    outcome_.clear();
    decide(now_, outcome_);
    carry_out(outcome_);
  }
  void set_media_path(const MediaPath& path);
  void remove_media_path(MediaPathId path);
  [[nodiscard]] FlowUsage usage(const FlowKey& key) const override;

 private:
  void wait_and_serve();
  [[nodiscard]] int milliseconds_to_next_deadline() const;
  void receive_from(SocketId id);
  void serve(SocketId id, const UdpSocket& socket, const Packet& packet);
  void ask(SlowPathHandler& handler, const Path& path, ConstBytes datagram);
  void carry_out(const Outcome& outcome);
  void carry_out(const FlowEdit& edit);
  void flush();
  void expire();
  void publish_gauges();

  WorkerCounters counters_;
  FileDescriptor epoll_;
  Mailbox<Worker> mailbox_;
  std::atomic<bool> stopping_{false};
  Time now_{};
  Time next_purge_{};

  Reservations& reservations_;
  SocketTable sockets_;
  FlowTable flows_;
  WorkerPorts ports_;
  PacketRing ring_;
  SendBatch batch_;
  Forwarder forwarder_;
  Handlers handlers_;
  std::map<Endpoint, SocketId> udp_listeners_;
  Outcome outcome_;

  static constexpr std::size_t kReceiveBatch = 64;
  std::array<mmsghdr, kReceiveBatch> messages_{};
  std::array<iovec, kReceiveBatch> vectors_{};
  std::array<SocketAddress, kReceiveBatch> sources_;
};

}  // namespace avedge::relay
