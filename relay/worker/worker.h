// One thread of the data plane: one event loop, its own listeners, relay and anchor sockets, flows
// and counters. Puts together what does the work: PacketLoop forwards by flows, HandlerRunner asks
// the protocol about the rest, EditExecutor carries out what that decides, TcpConnections and
// DtlsClients serve connections.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "relay/accept/client_receiver.h"
#include "relay/core/counters.h"
#include "relay/dtls/dtls_clients.h"
#include "relay/fan_in/fan_in.h"
#include "relay/flows/crypto_table.h"
#include "relay/flows/flow_table.h"
#include "relay/flows/socket_table.h"
#include "relay/forwarding/forwarder.h"
#include "relay/forwarding/packet_buffers.h"
#include "relay/ports/reservations.h"
#include "relay/stream/anchor_tcp_connections.h"
#include "relay/stream/turn_tcp_connections.h"
#include "relay/threads/event_loop.h"
#include "relay/threads/mailbox.h"
#include "relay/worker/edit_executor.h"
#include "relay/worker/handler_runner.h"
#include "relay/worker/handlers.h"
#include "relay/worker/packet_loop.h"
#include "relay/worker/worker_ports.h"
#include "relay/worker/worker_sockets.h"

namespace avedge::relay {

struct WorkerCapacity {
  std::size_t flows = 0;
  std::size_t sockets = 0;
};

/// What all workers share. Everything outlives them.
struct SharedResources {
  RelayAddresses& addresses;
  Reservations& reservations;
  ConnectionLimits& connections;
  DtlsHandshaker& handshaker;
  std::string turn_relay_interface;
  DscpTtlPolicy dscp_ttl;
  NextHopResolver* resolver;   // null: everything leaves by sockets
  SkLookupRedirect* redirect;  // null: everything arrives by sockets of its own
};

class Worker final : public ClientReceiver, private ConnectionHolder, private ConnectionMover {
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
  [[nodiscard]] WorkerIndex index() const { return index_; }
  /// An id for a socket that will be posted. Nothing when the table is full.
  [[nodiscard]] std::optional<SocketId> reserve_socket() { return worker_sockets_.reserve(); }
  void cancel_socket(SocketId id) { worker_sockets_.cancel(id); }
  /// Before run(): the workers that connections may be handed over to, this one among them.
  void set_workers(std::vector<ClientReceiver*> all) { workers_ = std::move(all); }

  // ClientReceiver
  void receive_client(std::unique_ptr<TcpConnection> client) override;
  void receive_client(const DtlsPeerKey& peer, std::unique_ptr<DtlsClient> client) override;
  void forget_client(const DtlsPeerKey& peer) override;
  void reprocess(const DtlsPeerKey& peer, std::vector<std::byte> datagram) override;

  // --- the worker's thread (or before run() starts) ---------------------------------------------

  [[nodiscard]] WorkerSockets& sockets() { return worker_sockets_; }
  [[nodiscard]] AnchorTcpConnections& anchor_tcp() { return anchor_tcp_; }
  [[nodiscard]] HandlerRunner& handlers() { return handler_runner_; }
  /// The UDP listener `id` speaks DTLS, from now on with this certificate.
  void set_dtls(SocketId id, const secure::TlsContext& context) { dtls_.set_context(id, context); }
  /// The resolver's news.
  void set_next_hop(const RouteKey& key, const std::optional<NextHop>& hop);

 private:
  // ConnectionHolder, any thread; its places are socket ids.
  void evict(std::uint64_t place, const AdmissionId& id) override;
  // ConnectionMover
  void move(std::unique_ptr<TcpConnection> connection, WorkerIndex worker) override;

  void wait_and_serve();
  [[nodiscard]] Time next_deadline() const;
  void serve(SocketId id, std::uint32_t ready);
  void expire();
  void publish_gauges();

  WorkerIndex index_;
  SharedResources shared_resources_;
  std::vector<ClientReceiver*> workers_;
  WorkerCounters counters_;
  EventLoop loop_;
  Mailbox<Worker> mailbox_;
  std::atomic<bool> stopping_{false};
  Time next_purge_{};
  Time next_adaptation_{};

  SocketTable sockets_;
  FlowTable flows_;
  CryptoTable cryptos_;
  SendBatch batch_;
  std::unique_ptr<FrameEgress> egress_;  // null: everything leaves by sockets
  std::optional<FanIn> fan_in_;          // nothing: everything arrives by sockets of its own
  PacketBuffers buffers_;
  WorkerSockets worker_sockets_;
  WorkerPorts ports_;
  Forwarder forwarder_;
  EditExecutor edits_;
  HandlerRunner handler_runner_;
  TcpConnections tcp_;
  TurnTcpConnections turn_tcp_;
  AnchorTcpConnections anchor_tcp_;
  DtlsClients dtls_;
  PacketLoop packets_;
  Handlers handlers_;
};

}  // namespace avedge::relay
