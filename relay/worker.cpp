#include "relay/worker.h"

#include <sys/epoll.h>

#include <algorithm>
#include <system_error>

#include "relay/core/random.h"
#include "relay/thread_signals.h"

namespace avedge::relay {
namespace {

constexpr std::uint64_t kMailboxEvent = ~0ull;
constexpr int kMaxEvents = 256;
/// Datagrams taken from a relay or anchor socket in one go: usually one or two are waiting, and
/// every prepared but unused receive header costs time.
constexpr std::size_t kRelayReceiveBatch = 8;

bool watch(const FileDescriptor& epoll, int fd, std::uint64_t data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = data;
  return epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Worker::Worker(const WorkerCapacity& capacity, RelayAddresses& addresses,
               Reservations& reservations, std::string_view turn_relay_interface,
               const HandlerFactory& make_handlers)
    : epoll_{epoll_create1(EPOLL_CLOEXEC)},
      now_{std::chrono::steady_clock::now()},
      reservations_{reservations},
      sockets_{capacity.sockets},
      flows_{capacity.flows, random_u64()},
      ports_{*this, addresses, reservations, turn_relay_interface},
      batch_{counters_.drops},
      forwarder_{flows_,    sockets_, batch_,
                 counters_, ports_,   addresses.translates(turn_relay_interface)},
      handlers_{make_handlers({ports_, *this, counters_})} {
  for (std::size_t i = 0; i < kReceiveBatch; ++i) {
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &sources_[i];
  }
  if (!watch(epoll_, mailbox_.wake_fd(), kMailboxEvent)) {
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
  std::array<epoll_event, kMaxEvents> events;
  const int ready =
      epoll_wait(epoll_.get(), events.data(), kMaxEvents, milliseconds_to_next_deadline());
  now_ = std::chrono::steady_clock::now();
  const std::span woken{events.data(), static_cast<std::size_t>(std::max(ready, 0))};

  // Orders first: a call's sockets exist before its first packet is looked at.
  for (const auto& event : woken) {
    if (event.data.u64 == kMailboxEvent) mailbox_.drain(*this);
  }
  for (const auto& event : woken) {
    if (event.data.u64 != kMailboxEvent) {
      receive_from(SocketId{static_cast<std::uint32_t>(event.data.u64)});
    }
  }
  flush();
  expire();
  publish_gauges();
}

int Worker::milliseconds_to_next_deadline() const {
  const Time next =
      std::min(handlers_.listener->next_deadline(), handlers_.anchor->next_deadline());
  // Once a second in any case: unclaimed reservations have no deadline of their own.
  constexpr auto kLongest = std::chrono::milliseconds{1000};
  const auto now = std::chrono::steady_clock::now();
  if (next >= now + kLongest) return static_cast<int>(kLongest.count());
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  return static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
}

/// One recvmmsg a wake-up and socket: epoll is level-triggered, so nobody is starved and nothing
/// is forgotten.
void Worker::receive_from(SocketId id) {
  UdpSocket* socket = sockets_.find(id);
  if (socket == nullptr) return;  // closed earlier in this wake-up
  const std::size_t wanted =
      socket->role == SocketRole::listener ? kReceiveBatch : kRelayReceiveBatch;
  if (ring_.free() < wanted) flush();

  for (std::size_t i = 0; i < wanted; ++i) {
    vectors_[i] = {ring_.payload(i), PacketRing::kPayload};
    messages_[i].msg_hdr.msg_namelen = sizeof(SocketAddress);
  }
  const int received = recvmmsg(socket->fd.get(), messages_.data(), static_cast<unsigned>(wanted),
                                MSG_DONTWAIT, nullptr);
  if (received <= 0) return;
  const auto count = static_cast<std::size_t>(received);
  std::byte* const first = ring_.payload(0);
  ring_.keep(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::byte* const payload = first + i * PacketRing::kStride;
    serve(id, *socket, {sources_[i].endpoint(), {payload, messages_[i].msg_len}});
  }
}

void Worker::serve(SocketId id, const UdpSocket& socket, const Packet& packet) {
  if (forwarder_.forward(now_, id, socket, packet) == Forwarder::Next::done) return;
  const Path path{id, socket.local, packet.remote, Transport::udp};
  if (socket.role == SocketRole::listener) {
    ask(*handlers_.listener, path, packet.bytes);
  } else {
    ask(*handlers_.anchor, path, packet.bytes);
  }
}

void Worker::ask(SlowPathHandler& handler, const Path& path, ConstBytes datagram) {
  outcome_.clear();
  const auto verdict = handler.handle(now_, path, datagram, outcome_);
  if (!verdict) counters_.drops.count(verdict.reason());
  carry_out(outcome_);
}

void Worker::carry_out(const Outcome& outcome) {
  for (const Outcome::Reply& reply : outcome.replies()) {
    const UdpSocket* socket = sockets_.find(reply.socket);
    if (socket == nullptr) continue;
    if (batch_.full()) batch_.flush();
    batch_.push(socket->fd.get(), reply.to, outcome.bytes_of(reply));
  }
  // The batch points into the outcome and at flows' addresses: it leaves before either changes.
  batch_.flush();
  for (const FlowEdit& edit : outcome.edits()) carry_out(edit);
}

void Worker::carry_out(const FlowEdit& edit) {
  if (const auto* upsert = std::get_if<UpsertFlow>(&edit)) {
    if (!flows_.upsert(upsert->spec)) counters_.drops.count(DropReason::table_full);
  } else if (const auto* erase = std::get_if<EraseFlow>(&edit)) {
    flows_.erase(erase->key);
  } else if (const auto* closing = std::get_if<CloseSocket>(&edit)) {
    sockets_.close(closing->socket);
  }
}

void Worker::flush() {
  batch_.flush();
  ring_.clear();
}

void Worker::expire() {
  for (SlowPathHandler* handler :
       {handlers_.listener.get(), static_cast<SlowPathHandler*>(handlers_.anchor.get())}) {
    if (now_ < handler->next_deadline()) continue;
    consult([&](Time now, Outcome& outcome) { handler->expire(now, outcome); });
  }
  // The reservations are everybody's and have a lock: seldom is often enough.
  if (now_ >= next_purge_) {
    reservations_.purge(now_);
    next_purge_ = now_ + std::chrono::seconds{1};
  }
}

void Worker::publish_gauges() {
  counters_.flows.set(static_cast<std::int64_t>(flows_.size()));
  counters_.sockets.set(static_cast<std::int64_t>(sockets_.size()));
}

bool Worker::adopt(SocketId id, UdpSocket socket) {
  const UdpSocket& adopted = sockets_.add(id, std::move(socket));
  if (adopted.role == SocketRole::listener) udp_listeners_.emplace(adopted.local, id);
  return watch(epoll_, adopted.fd.get(), static_cast<std::uint64_t>(id));
}

std::optional<UdpSocket> Worker::release(SocketId id) {
  UdpSocket* socket = sockets_.find(id);
  if (socket == nullptr) return std::nullopt;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket->fd.get(), nullptr);
  return sockets_.take(id);
}

std::optional<SocketId> Worker::udp_listener(const Endpoint& local) const {
  const auto found = udp_listeners_.find(local);
  return found == udp_listeners_.end() ? std::nullopt : std::optional{found->second};
}

void Worker::set_media_path(const MediaPath& path) {
  consult([&](Time now, Outcome& outcome) { handlers_.anchor->set_path(now, path, outcome); });
}

void Worker::remove_media_path(MediaPathId path) {
  consult([&](Time now, Outcome& outcome) { handlers_.anchor->remove_path(now, path, outcome); });
}

FlowUsage Worker::usage(const FlowKey& key) const {
  const Flow* flow = flows_.find(key);
  if (flow == nullptr) return {};
  return {flow->packets, flow->bytes, flow->last_activity};
}

}  // namespace avedge::relay
