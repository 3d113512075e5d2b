#include "relay/worker/worker.h"

#include <algorithm>
#include <system_error>

#include "relay/core/random.h"
#include "relay/threads/thread_signals.h"

namespace avedge::relay {
namespace {

constexpr std::uint64_t kMailboxEvent = ~0ull;
/// Between two looks at whether more comes than can be served.
constexpr std::chrono::milliseconds kAdaptationInterval{100};

std::optional<FanIn> make_fan_in(WorkerIndex index, const SharedResources& resources) {
  if (resources.redirect == nullptr) return std::nullopt;
  std::vector<RelayRange> ranges;
  for (const auto& address : resources.addresses.all()) ranges.push_back(address->range());
  return FanIn{*resources.redirect, index, ranges};
}

/// Throws std::runtime_error without the right to write frames.
std::unique_ptr<FrameEgress> make_egress(WorkerIndex index, NextHopResolver* resolver,
                                         SendBatch& batch, WorkerCounters& counters,
                                         const Time& now) {
  if (resolver == nullptr) return nullptr;
  auto packet_socket = FrameBatch::open_packet_socket();
  if (!packet_socket) throw std::runtime_error{packet_socket.reason().message()};
  return std::make_unique<FrameEgress>(index, *resolver, std::move(packet_socket).value(), batch,
                                       counters, now);
}

}  // namespace

static_assert(alignof(Worker) >= kCacheLine, "no worker's members beside those of another");

Worker::Worker(WorkerIndex index, const WorkerCapacity& capacity, const SharedResources& resources,
               const HandlerFactory& make_handlers)
    : index_{index},
      shared_resources_{resources},
      sockets_{capacity.sockets},
      flows_{capacity.flows, random_u64()},
      batch_{counters_.drops},
      egress_{make_egress(index, resources.resolver, batch_, counters_, loop_.now())},
      fan_in_{make_fan_in(index, resources)},
      buffers_{batch_, egress_.get()},
      worker_sockets_{loop_, sockets_, fan_in_ ? &*fan_in_ : nullptr, resources.dscp_ttl},
      ports_{worker_sockets_, resources.addresses, resources.reservations,
             resources.turn_relay_interface},
      forwarder_{{flows_, sockets_, cryptos_, batch_, buffers_, counters_, ports_,
                  resources.addresses.translates(resources.turn_relay_interface),
                  resources.dscp_ttl, egress_.get()}},
      edits_{{sockets_, worker_sockets_, flows_, cryptos_, batch_, forwarder_, counters_.drops}},
      handler_runner_{{loop_, sockets_, forwarder_, edits_, counters_.drops}},
      tcp_{{loop_, sockets_, buffers_, resources.addresses, handler_runner_, *this, counters_}},
      turn_tcp_{{tcp_, sockets_, resources.addresses, resources.turn_relay_interface,
                 handler_runner_, *this, counters_.drops, loop_.now()}},
      anchor_tcp_{tcp_, sockets_, resources.addresses, handler_runner_, counters_.drops},
      dtls_{{index, sockets_, batch_, buffers_, resources.handshaker, resources.connections, *this,
             handler_runner_, counters_.drops, loop_.now()}},
      packets_{{loop_, sockets_, flows_, buffers_, fan_in_ ? &*fan_in_ : nullptr, forwarder_,
                handler_runner_, dtls_, counters_, resources.dscp_ttl}},
      handlers_{make_handlers({index, ports_, turn_tcp_, anchor_tcp_, flows_, counters_})} {
  handler_runner_.use(handlers_);
  forwarder_.judge_peers_by(*handlers_.listener);
  if (egress_ != nullptr) edits_.add(*egress_);
  if (!loop_.watch(mailbox_.wake_fd(), kMailboxEvent, EPOLLIN)) {
    throw std::system_error{errno, std::generic_category(), "epoll"};
  }
}

Worker::~Worker() = default;

void Worker::run() {
  block_signals_on_this_thread();
  while (!stopping_.load(std::memory_order_relaxed)) wait_and_serve();
}

void Worker::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  post([](Worker&) {});
}

void Worker::wait_and_serve() {
  const auto events = loop_.wait(next_deadline());
  // Orders first: a call's sockets exist before its first packet is looked at.
  for (const auto& event : events) {
    if (event.data.u64 == kMailboxEvent) mailbox_.drain(*this);
  }
  for (const auto& event : events) {
    if (event.data.u64 != kMailboxEvent) {
      serve(SocketId{static_cast<std::uint32_t>(event.data.u64)}, event.events);
    }
  }
  expire();
  tcp_.flush();
  buffers_.flush();
  publish_gauges();
}

Time Worker::next_deadline() const {
  if (tcp_.has_more_to_do()) return Time{};
  return std::min(
      {handler_runner_.next_deadline(), turn_tcp_.next_deadline(), dtls_.next_deadline()});
}

void Worker::serve(SocketId id, std::uint32_t ready) {
  if ((ready & EPOLLERR) != 0) packets_.report_undelivered(id);
  Socket* socket = sockets_.find(id);
  if (socket == nullptr) return;  // closed earlier in this wake-up
  if (socket->is<TcpPort>() || owner_of(*socket) != nullptr) return tcp_.serve(id);
  packets_.serve(id, *socket);
}

void Worker::expire() {
  const Time now = loop_.now();
  handler_runner_.expire();
  turn_tcp_.expire();
  dtls_.expire();
  if (now >= next_purge_) {
    // They are shared and have a lock: seldom is often enough.
    shared_resources_.reservations.purge(now);
    next_purge_ = now + std::chrono::seconds{1};
  }
  if (now >= next_adaptation_) {
    counters_.queue_overflows.add(worker_sockets_.adapt_shared_buffers());
    next_adaptation_ = now + kAdaptationInterval;
  }
}

void Worker::publish_gauges() {
  counters_.flows.set(static_cast<std::int64_t>(flows_.size()));
  counters_.sockets.set(static_cast<std::int64_t>(sockets_.size()));
}

// --- orders from other threads -------------------------------------------------------------------

void Worker::receive_client(std::unique_ptr<TcpConnection> client) {
  const auto id = reserve_socket();
  if (!id) return;
  post([id = *id, moved = std::move(client)](Worker& worker) mutable {
    worker.turn_tcp_.adopt(id, std::move(moved));
  });
}

void Worker::receive_client(const DtlsPeerKey& peer, std::unique_ptr<DtlsClient> client) {
  const auto id = reserve_socket();
  if (!id) return forget_client(peer);
  post([id = *id, moved = std::move(client)](Worker& worker) mutable {
    worker.dtls_.adopt(id, std::move(moved));
  });
}

void Worker::forget_client(const DtlsPeerKey& peer) {
  post([peer](Worker& worker) { worker.dtls_.forget(peer); });
}

void Worker::reprocess(const DtlsPeerKey& peer, std::vector<std::byte> datagram) {
  post([peer, bytes = std::move(datagram)](Worker& worker) {
    const Socket* listener = worker.sockets_.find(peer.listener);
    if (listener != nullptr) worker.dtls_.serve(peer.listener, *listener, peer.remote, bytes);
  });
}

void Worker::evict(std::uint64_t place, const AdmissionId& id) {
  post([connection = SocketId{static_cast<std::uint32_t>(place)}, id](Worker& worker) {
    const Socket* socket = worker.sockets_.find(connection);
    if (socket == nullptr) return;
    if (ConnectionOwner* owner = owner_of(*socket)) owner->evict(connection, id);
  });
}

void Worker::move(std::unique_ptr<TcpConnection> connection, WorkerIndex worker) {
  const auto index = static_cast<std::size_t>(worker);
  if (index < workers_.size()) workers_[index]->receive_client(std::move(connection));
}

void Worker::set_next_hop(const RouteKey& key, const std::optional<NextHop>& hop) {
  egress_->set(key, hop);
}

}  // namespace avedge::relay
