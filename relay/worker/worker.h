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
#include "relay/core/gcra.h"
#include "relay/core/media_path.h"
#include "relay/core/peer_connections.h"
#include "relay/core/slow_path.h"
#include "relay/core/stream_connections.h"
#include "relay/dtls/dtls_clients.h"
#include "relay/fan_in/fan_in.h"
#include "relay/forwarding/flow_table.h"
#include "relay/forwarding/forwarder.h"
#include "relay/forwarding/socket_table.h"
#include "relay/sockets/packet_ring.h"
#include "relay/sockets/receive_batch.h"
#include "relay/sockets/send_batch.h"
#include "relay/stream/anchor_tcp_connections.h"
#include "relay/stream/turn_tcp_connections.h"
#include "relay/threads/mailbox.h"
#include "relay/worker/worker_ports.h"

namespace avedge::relay {

class HandshakeThread;

/// The protocol knowledge a worker consults. Made for each worker by edge/, with references to that
/// worker's ports, flow counters and counters; used on its thread only.
struct Handlers {
  std::unique_ptr<SlowPathHandler> listener;
  std::unique_ptr<MediaPathHandler> anchor;
  std::unique_ptr<StreamPathHandler> tcp_anchor;  // may refer to `anchor`
};

/// What a worker offers to the handlers that are made for it. Everything outlives them.
struct HandlerContext {
  WorkerIndex worker;
  RelayPorts& ports;
  PeerConnections& peers;
  StreamConnections& parties;
  const FlowReader& flows;
  WorkerCounters& counters;
};
using HandlerFactory = std::function<Handlers(const HandlerContext&)>;

struct WorkerCapacity {
  std::size_t flows = 0;
  std::size_t sockets = 0;
};

/// What all workers share. Everything outlives them.
struct SharedResources {
  RelayAddresses& addresses;
  Reservations& reservations;
  ConnectionLimits& connections;
  HandshakeThread& handshake_thread;
  std::string turn_relay_interface;
  DscpTtlPolicy dscp_ttl;
  NextHopResolver* resolver;   // null: everything leaves by sockets
  SkLookupRedirect* redirect;  // null: everything arrives by sockets of its own
};

class Worker final : public FlowReader, public ConnectionHolder {
 public:
  /// May throw std::bad_alloc or std::system_error (no epoll).
  Worker(WorkerIndex index, const WorkerCapacity& capacity, const SharedResources& resources,
         const HandlerFactory& make_handlers);
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
  /// Takes over a client whose handshake is complete. It is closed if the worker has no socket slot
  /// left.
  void adopt_client(std::unique_ptr<TcpClient> client);
  void adopt_client(const DtlsClients::PeerKey& peer, std::unique_ptr<DtlsClient> client);
  /// A client's connection has to make room. ConnectionHolder; its places are socket ids.
  void evict(std::uint64_t place, const AdmissionId& id) override;
  /// Before run(): the workers that connections may be handed over to, this one among them.
  void set_workers(std::vector<Worker*> all) { workers_ = std::move(all); }
  [[nodiscard]] WorkerIndex index() const { return index_; }

  // --- the worker's thread (or before run() starts) ---------------------------------------------

  /// Takes over a bound socket and watches it. False if the kernel cannot watch one more: the
  /// socket is there then, deaf until it is closed.
  bool adopt(SocketId id, Socket socket);
  /// Closes it; its flows must be gone.
  void close(SocketId id);
  /// Gives the socket away instead, for another worker. Nothing if there is none.
  [[nodiscard]] std::optional<Socket> release(SocketId id);
  /// The UDP listener that is bound to `local`.
  [[nodiscard]] std::optional<SocketId> udp_listener(const Endpoint& local) const;
  /// Lets `decide(now, outcome)` decide something outside of any packet, and carries it out.
  template <class Decide>
  void run_handler(Decide decide) {
    outcome_.clear();
    decide(now_, outcome_);
    carry_out(outcome_);
  }
  /// The UDP listener `id` speaks DTLS, from now on with this certificate.
  void set_dtls(SocketId id, const secure::TlsContext& context) { dtls_.set_context(id, context); }
  /// The same for every UDP listener that is part of that configured listener.
  void replace_dtls(std::uint16_t listener, const secure::TlsContext& context);
  /// The resolver's news.
  void set_next_hop(const RouteKey& key, const std::optional<NextHop>& hop);
  void set_media_path(const MediaPath& path);
  void remove_media_path(MediaPathId path);
  void set_stream_path(const StreamPath& path);
  void remove_stream_path(MediaPathId path);
  [[nodiscard]] FlowUsage usage(const FlowKey& key) const override;

  // --- what connections need of their worker, on its thread -------------------------------------

  [[nodiscard]] HandshakeThread& handshake_thread() { return shared_resources_.handshake_thread; }
  [[nodiscard]] DtlsClients& dtls_clients() { return dtls_; }
  [[nodiscard]] std::optional<Admission> admit(std::uint16_t listener, const IpAddress& source) {
    return shared_resources_.connections.admit(listener, source, now_);
  }
  [[nodiscard]] bool watch(SocketId id, int fd, std::uint32_t interest);
  void rewatch(SocketId id, int fd, std::uint32_t interest);
  void unwatch(int fd);
  /// Room for one read; it stays the reader's after keep_received(), until the wake-up is over.
  [[nodiscard]] Bytes room_to_receive();
  void keep_received() { ring_.keep(1); }
  /// One message that came over a client's connection.
  void serve_message(SocketId id, Bytes message);
  /// Processes a datagram that the handshake thread returned: its handshake had ended.
  void reprocess(const DtlsClients::PeerKey& peer, ConstBytes datagram);
  void notify_closed(const Path& path);
  void notify(const PeerConnectionEvent& event);
  void notify(const StreamEvent& event);
  void send_to(WorkerIndex worker, std::unique_ptr<TcpClient> client);

 private:
  void wait_and_serve();
  [[nodiscard]] int milliseconds_to_next_deadline() const;
  void serve(SocketId id, std::uint32_t ready);
  void report_undelivered(SocketId id);
  void report_quoted(int icmp_socket, AddressFamily family);
  void report(SocketId relay, const Endpoint& peer, const IcmpError& error);
  void receive_from(SocketId id, Socket& socket);
  /// Returns how many datagrams came, at most `wanted`.
  std::size_t receive(SocketId id, const Socket& socket, std::size_t wanted);
  void serve_fanned_in(std::size_t count);
  // In two loops over packets: a call of its own would cost each packet 35 instructions.
  [[gnu::always_inline]] inline std::size_t serve_received(SocketId id, const Socket& socket,
                                                           std::size_t index);
  void prefetch_flows(std::size_t count);
  [[nodiscard]] bool reads_fields(const Socket& socket) const;
  std::size_t serve_gro_burst(SocketId id, const Packet& run, std::size_t segment);
  [[nodiscard]] Bytes copy_segment(ConstBytes datagram);
  void serve(SocketId id, const Socket& socket, const Packet& packet);
  void ask(SlowPathHandler& handler, const Path& path, ConstBytes datagram);
  void carry_out(const Outcome& outcome);
  void carry_out(const FlowEdit& edit);
  void upsert(const FlowSpec& spec);
  void erase(const FlowKey& key);
  void limit_bandwidth(const LimitBandwidth& limit);
  void close_anything(SocketId id);
  [[nodiscard]] bool is_fanned_in(const Socket& socket) const;
  void send_waiting();
  void flush();
  void expire();
  void publish_gauges();

  WorkerIndex index_;
  SharedResources shared_resources_;
  std::vector<Worker*> workers_;
  WorkerCounters counters_;
  FileDescriptor epoll_;
  Mailbox<Worker> mailbox_;
  std::atomic<bool> stopping_{false};
  Time now_{};
  std::uint32_t wake_up_ = 0;  // counts them
  Time next_purge_{};
  Time next_review_{};

  SocketTable sockets_;
  FlowTable flows_;
  WorkerPorts ports_;
  PacketRing ring_;
  ReceiveBatch received_{ring_};
  std::array<SocketId, ReceiveBatch::kCapacity> addressees_;  // of received_
  static_assert(ReceiveBatch::kCapacity <= FlowTable::kPrefetched);
  PacketRing apart_;  // datagrams of received runs that need room in front of them
  SendBatch batch_;
  std::unique_ptr<FrameEgress> egress_;  // null: everything leaves by sockets
  std::optional<FanIn> fan_in_;          // nothing: everything arrives by sockets of its own
  Forwarder forwarder_;
  TurnTcpConnections turn_tcp_;
  AnchorTcpConnections anchor_tcp_;
  DtlsClients dtls_;
  Handlers handlers_;
  std::map<Endpoint, SocketId> udp_listeners_;
  std::vector<SocketId> shared_;  // sockets with a queue of many; they are never closed
  Outcome outcome_;
  GcraBudget icmp_reports_;
  LocalCredits budget_shares_;
};

}  // namespace avedge::relay
