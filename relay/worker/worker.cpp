#include "relay/worker/worker.h"

#include <sys/epoll.h>

#include <algorithm>
#include <system_error>

#include "relay/accept/handshake_thread.h"
#include "relay/core/random.h"
#include "relay/fan_in/icmp_quote.h"
#include "relay/fan_in/icmp_socket.h"
#include "relay/sockets/error_queue.h"
#include "relay/sockets/udp_socket.h"
#include "relay/threads/thread_signals.h"

namespace avedge::relay {
namespace {

constexpr std::uint64_t kMailboxEvent = ~0ull;
constexpr int kMaxEvents = 256;
/// Datagrams taken from a relay or anchor socket in one go: every prepared but unused receive
/// header costs time.
constexpr std::size_t kRelayReceiveBatch = 8;
/// ICMP errors read in one go: whoever forges them must not keep the worker from its media.
constexpr int kIcmpBatch = 8;
/// Bytes of an ICMP error that are read: both its IPv4 headers with all options, and the ports.
constexpr std::size_t kIcmpQuote = 192;
/// Between two looks at whether more comes than can be served.
constexpr std::chrono::milliseconds kReviewInterval{100};
/// ICMP errors a second that clients are told about; the others are read and forgotten. They come
/// by the dozen when a peer is gone, and each costs a message.
constexpr GcraRate kIcmpRate{1000, std::chrono::milliseconds{100}};

bool control(const FileDescriptor& epoll, int operation, int fd, std::uint64_t data,
             std::uint32_t interest) {
  epoll_event event{};
  event.events = interest;
  event.data.u64 = data;
  return epoll_ctl(epoll.get(), operation, fd, &event) == 0;
}

std::optional<FanIn> make_fan_in(WorkerIndex index, const SharedResources& resources) {
  if (resources.redirect == nullptr) return std::nullopt;
  std::vector<RelayRange> ranges;
  for (const auto& address : resources.addresses.all()) ranges.push_back(address->range());
  return FanIn{*resources.redirect, index, ranges};
}

/// Of a datagram to a listener; to other sockets such a beginning is payload, and rare.
ChannelField likely_channel(ConstBytes datagram) {
  const bool is_framed = datagram.size() >= kChannelDataHeaderSize &&
                         classify(datagram[0]) == PacketKind::channel_data;
  return is_framed ? load_be16(datagram.data()) : kNoChannel;
}

/// Throws std::system_error without the right to write frames.
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
      epoll_{epoll_create1(EPOLL_CLOEXEC)},
      now_{std::chrono::steady_clock::now()},
      sockets_{capacity.sockets},
      flows_{capacity.flows, random_u64()},
      ports_{*this, resources.addresses, resources.reservations, resources.turn_relay_interface},
      batch_{counters_.drops},
      egress_{make_egress(index, resources.resolver, batch_, counters_, now_)},
      fan_in_{make_fan_in(index, resources)},
      forwarder_{flows_,
                 sockets_,
                 batch_,
                 counters_,
                 ports_,
                 resources.addresses.translates(resources.turn_relay_interface),
                 resources.dscp_ttl,
                 egress_.get()},
      turn_tcp_{*this,           sockets_, resources.addresses, resources.turn_relay_interface,
                counters_.drops, now_},
      anchor_tcp_{*this, sockets_, resources.addresses, counters_, now_},
      dtls_{*this, sockets_, batch_, counters_.drops, now_},
      handlers_{make_handlers({index, ports_, turn_tcp_, anchor_tcp_, *this, counters_})},
      icmp_reports_{kIcmpRate} {
  forwarder_.judge_peers_by(*handlers_.listener);
  if (!control(epoll_, EPOLL_CTL_ADD, mailbox_.wake_fd(), kMailboxEvent, EPOLLIN)) {
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
  ++wake_up_;
  const std::span woken{events.data(), static_cast<std::size_t>(std::max(ready, 0))};

  // Orders first: a call's sockets exist before its first packet is looked at.
  for (const auto& event : woken) {
    if (event.data.u64 == kMailboxEvent) mailbox_.drain(*this);
  }
  for (const auto& event : woken) {
    if (event.data.u64 != kMailboxEvent) {
      serve(SocketId{static_cast<std::uint32_t>(event.data.u64)}, event.events);
    }
  }
  expire();
  turn_tcp_.flush();
  anchor_tcp_.flush();
  flush();
  publish_gauges();
}

int Worker::milliseconds_to_next_deadline() const {
  const Time next =
      std::min({handlers_.listener->next_deadline(), handlers_.anchor->next_deadline(),
                handlers_.tcp_anchor->next_deadline(), turn_tcp_.next_deadline(),
                anchor_tcp_.next_deadline(), dtls_.next_deadline()});
  // Once a second in any case: unclaimed reservations have no deadline of their own.
  constexpr auto kLongest = std::chrono::milliseconds{1000};
  const auto now = std::chrono::steady_clock::now();
  if (next >= now + kLongest) return static_cast<int>(kLongest.count());
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now);
  return static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
}

void Worker::serve(SocketId id, std::uint32_t ready) {
  if ((ready & EPOLLERR) != 0) report_undelivered(id);
  Socket* socket = sockets_.find(id);
  if (socket == nullptr) return;  // closed earlier in this wake-up
  switch (socket->role) {
    case SocketRole::listener:
    case SocketRole::relay:
    case SocketRole::anchor:
    case SocketRole::fan_in: return receive_from(id, *socket);
    case SocketRole::icmp: return report_quoted(socket->fd.get(), socket->local.address.family());
    case SocketRole::client:
    case SocketRole::dtls_client:
    case SocketRole::tcp_relay:
    case SocketRole::peer: return turn_tcp_.serve(id);
    case SocketRole::tcp_anchor:
    case SocketRole::party:
    case SocketRole::framed: return anchor_tcp_.serve(id);
  }
}

/// Whether the peer is one that the client talks to is the protocol's to judge: the kernel believes
/// everybody who quotes a datagram that this socket might have sent.
void Worker::report_undelivered(SocketId id) {
  for (int i = 0; i < kIcmpBatch; ++i) {
    const Socket* socket = sockets_.find(id);
    if (socket == nullptr || socket->role != SocketRole::relay) return;
    const auto undelivered = take_icmp_error(socket->fd.get());
    if (!undelivered) return;
    report(id, undelivered->peer, undelivered->error);
  }
}

/// As report_undelivered(), for ports whose errors the kernel cannot keep.
void Worker::report_quoted(int icmp_socket, AddressFamily family) {
  for (int i = 0; i < kIcmpBatch; ++i) {
    std::array<std::byte, kIcmpQuote> buffer;
    const ConstBytes message = receive_icmp(icmp_socket, buffer);
    if (message.empty()) return;
    const auto quoted = family == AddressFamily::ipv4 ? read_icmp(message) : read_icmpv6(message);
    if (!quoted) continue;
    const SocketId id = fan_in_->find(quoted->local);
    const Socket* socket = sockets_.find(id);
    if (socket != nullptr && socket->role == SocketRole::relay) {
      report(id, quoted->peer, quoted->error);
    }
  }
}

/// RFC 8656 §11.5.
void Worker::report(SocketId relay, const Endpoint& peer, const IcmpError& error) {
  if (!icmp_reports_.spend(now_, 1)) return counters_.drops.count(DropReason::icmp_flood);
  run_handler([&](Time now, Outcome& outcome) {
    handlers_.listener->on_icmp(now, relay, peer, error, outcome);
  });
}

/// One wake-up takes one batch from a socket: epoll is level-triggered, so nobody is starved and
/// nothing is forgotten. Usually one datagram waits, and looking for a second one costs a quarter
/// of the first: only who is ready twice in a row is asked for more, and a burst's rest follows at
/// once, so that it leaves as one run.
void Worker::receive_from(SocketId id, Socket& socket) {
  const bool is_ready_again = socket.served_in + 1 == wake_up_;
  socket.served_in = wake_up_;
  if (socket.queue) {
    if (receive(id, socket, ReceiveBatch::kCapacity) < ReceiveBatch::kCapacity) {
      socket.queue->note_empty();
    }
  } else if (!is_ready_again) {
    receive(id, socket, 1);
  } else if (receive(id, socket, kRelayReceiveBatch) == kRelayReceiveBatch) {
    if (const Socket* still_there = sockets_.find(id))
      receive(id, *still_there, ReceiveBatch::kCapacity);
  }
}

std::size_t Worker::receive(SocketId id, const Socket& socket, std::size_t wanted) {
  if (ring_.free() < wanted) flush();
  const std::size_t count = received_.receive(socket.fd.get(), wanted);
  if (socket.role == SocketRole::fan_in) {
    serve_fanned_in(count);
  } else {
    if (count > 1 && flows_.outgrows_caches()) {
      std::fill_n(addressees_.begin(), count, id);
      prefetch_flows(count);
    }
    for (std::size_t i = 0; i < count; ++i) serve_received(id, socket, i);
  }
  return count;
}

/// A port may have been given back, or to another worker, while datagrams for it waited.
void Worker::serve_fanned_in(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    addressees_[i] = fan_in_->find(received_.ancillary(i).destination);
  }
  if (flows_.outgrows_caches()) prefetch_flows(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Socket* socket = sockets_.find(addressees_[i]);
    if (socket == nullptr) {
      counters_.drops.count(DropReason::peer_not_leased);
    } else {
      counters_.fanned_in.add(serve_received(addressees_[i], *socket, i));
    }
  }
}

/// Returns how many datagrams it was.
std::size_t Worker::serve_received(SocketId id, const Socket& socket, std::size_t index) {
  const Ancillary& said = received_.ancillary(index);
  const Packet packet{received_.source(index), received_.bytes(index),
                      reads_fields(socket) ? said.fields : IpHeaderFields{}};
  if (said.segment != 0) return serve_gro_burst(id, packet, said.segment);
  serve(id, socket, packet);
  return 1;
}

void Worker::prefetch_flows(std::size_t count) {
  std::array<FlowKey, ReceiveBatch::kCapacity> keys;
  for (std::size_t i = 0; i < count; ++i) {
    keys[i] = {addressees_[i], received_.source(i), likely_channel(received_.bytes(i))};
  }
  flows_.prefetch(std::span{keys}.first(count));
}

/// Only what comes from peers is framed, and needs room for that; the rest is served where it lies.
std::size_t Worker::serve_gro_burst(SocketId id, const Packet& run, std::size_t segment) {
  std::size_t datagrams = 0;
  for (Bytes rest = run.bytes; !rest.empty(); ++datagrams) {
    const Socket* socket = sockets_.find(id);
    if (socket == nullptr) break;  // closed by what came before
    const Bytes datagram = rest.first(std::min(segment, rest.size()));
    rest = rest.subspan(datagram.size());
    const Bytes served = socket->role == SocketRole::relay ? copy_segment(datagram) : datagram;
    serve(id, *socket, {run.remote, served, run.fields});
  }
  return datagrams;
}

Bytes Worker::copy_segment(ConstBytes datagram) {
  if (apart_.free() == 0) {
    send_waiting();
    apart_.clear();
  }
  const Bytes copy{apart_.payload(0), datagram.size()};
  std::memcpy(copy.data(), datagram.data(), datagram.size());
  apart_.keep(1);
  return copy;
}

/// Anchors pass calls that no rule of TURN is about.
bool Worker::reads_fields(const Socket& socket) const {
  return shared_resources_.dscp_ttl.reads_fields() && socket.role != SocketRole::anchor;
}

void Worker::serve(SocketId id, const Socket& socket, const Packet& packet) {
  switch (forwarder_.forward(now_, id, socket, packet)) {
    case Forwarder::Next::done: return;
    case Forwarder::Next::ask_slow_path: break;
    case Forwarder::Next::decrypt: return dtls_.serve(id, socket, packet.remote, packet.bytes);
  }
  const Path path{id, socket.local, packet.remote, Transport::udp, socket.listener};
  if (socket.role == SocketRole::listener) {
    ask(*handlers_.listener, path, packet.bytes);
  } else {
    ask(*handlers_.anchor, path, packet.bytes);
  }
}

void Worker::serve_message(SocketId id, Bytes message) {
  const Socket& socket = *sockets_.find(id);
  const Path path = socket.client->path();
  const Packet packet{path.remote, message};
  if (forwarder_.forward(now_, id, socket, packet) != Forwarder::Next::ask_slow_path) return;
  if (socket.role == SocketRole::framed) {
    ask(*handlers_.anchor, path, message);
  } else {
    ask(*handlers_.listener, path, message);
  }
}

void Worker::reprocess(const DtlsClients::PeerKey& peer, ConstBytes datagram) {
  const Socket* listener = sockets_.find(peer.listener);
  if (listener != nullptr) dtls_.serve(peer.listener, *listener, peer.remote, datagram);
}

void Worker::notify_closed(const Path& path) {
  run_handler(
      [&](Time now, Outcome& outcome) { handlers_.listener->on_closed(now, path, outcome); });
}

void Worker::notify(const PeerConnectionEvent& event) {
  run_handler([&](Time now, Outcome& outcome) {
    handlers_.listener->on_peer_connection(now, event, outcome);
  });
}

void Worker::notify(const StreamEvent& event) {
  run_handler([&](Time now, Outcome& outcome) {
    const auto verdict = handlers_.tcp_anchor->on_stream(now, event, outcome);
    if (!verdict) counters_.drops.count(verdict.reason());
  });
}

void Worker::ask(SlowPathHandler& handler, const Path& path, ConstBytes datagram) {
  outcome_.clear();
  const auto verdict = handler.handle(now_, path, datagram, outcome_);
  if (!verdict) counters_.drops.count(verdict.reason());
  carry_out(outcome_);
}

void Worker::carry_out(const Outcome& outcome) {
  for (const Outcome::Reply& reply : outcome.replies()) {
    const Socket* socket = sockets_.find(reply.socket);
    if (socket == nullptr) continue;
    if (socket->client != nullptr) {
      socket->client->send(outcome.bytes_of(reply));
      continue;
    }
    if (batch_.full()) batch_.flush();
    batch_.push(socket->fd.get(), reply.to, outcome.bytes_of(reply));
  }
  // The batch points into the outcome and at flows' addresses: it leaves before either changes.
  batch_.flush();
  for (const FlowEdit& edit : outcome.edits()) carry_out(edit);
}

void Worker::carry_out(const FlowEdit& edit) {
  if (const auto* described = std::get_if<UpsertFlow>(&edit)) {
    upsert(described->spec);
  } else if (const auto* forgotten = std::get_if<EraseFlow>(&edit)) {
    erase(forgotten->key);
  } else if (const auto* closing = std::get_if<CloseSocket>(&edit)) {
    close_anything(closing->socket);
  } else if (const auto* judged = std::get_if<SetAuthState>(&edit)) {
    turn_tcp_.set_auth_state(judged->connection, judged->auth_state);
    dtls_.set_auth_state(judged->connection, judged->auth_state);
  } else if (const auto* joined = std::get_if<JoinConnections>(&edit)) {
    turn_tcp_.join(joined->client, joined->peer);
    anchor_tcp_.join(joined->client, joined->peer);
  } else if (const auto* leaving = std::get_if<HandOver>(&edit)) {
    turn_tcp_.hand_over(leaving->connection, leaving->worker);
  } else if (const auto* limited = std::get_if<LimitBandwidth>(&edit)) {
    limit_bandwidth(*limited);
  }
}

void Worker::upsert(const FlowSpec& spec) {
  if (!flows_.upsert(spec)) return counters_.drops.count(DropReason::table_full);
  if (egress_ == nullptr) return;
  Flow& flow = *flows_.find(spec.key);
  const RouteId before = flow.route;
  const Socket* out = sockets_.find(flow.out_socket);
  flow.route = out != nullptr && flow.transform != Transform::unwrap_send_indication
                   ? egress_->hold(*out, spec.destination)
                   : kNoRoute;
  egress_->release(before);
}

void Worker::erase(const FlowKey& key) {
  if (egress_ != nullptr) {
    if (const Flow* flow = flows_.find(key)) egress_->release(flow->route);
  }
  flows_.erase(key);
}

void Worker::limit_bandwidth(const LimitBandwidth& limit) {
  const auto bandwidth = std::make_shared<AllocationBandwidth>(limit.grant, budget_shares_);
  forwarder_.limit_bandwidth();
  for (const SocketId relay : limit.relays) {
    if (Socket* socket = sockets_.find(relay)) socket->bandwidth = bandwidth;
  }
}

void Worker::close_anything(SocketId id) {
  turn_tcp_.close(id);
  dtls_.close(id);
  close(id);
}

void Worker::send_waiting() {
  egress_ != nullptr ? egress_->flush() : batch_.flush();
}

void Worker::flush() {
  send_waiting();
  ring_.clear();
  apart_.clear();
  dtls_.clear();
}

void Worker::expire() {
  for (SlowPathHandler* handler :
       {handlers_.listener.get(), static_cast<SlowPathHandler*>(handlers_.anchor.get())}) {
    if (now_ < handler->next_deadline()) continue;
    run_handler([&](Time now, Outcome& outcome) { handler->expire(now, outcome); });
  }
  if (now_ >= handlers_.tcp_anchor->next_deadline()) {
    run_handler([&](Time now, Outcome& outcome) { handlers_.tcp_anchor->expire(now, outcome); });
  }
  turn_tcp_.expire();
  dtls_.expire();
  if (now_ >= next_purge_) {
    // They are everybody's and have a lock: seldom is often enough.
    shared_resources_.reservations.purge(now_);
    next_purge_ = now_ + std::chrono::seconds{1};
  }
  if (now_ >= next_review_) {
    for (const SocketId id : shared_)
      counters_.queue_overflows.add(sockets_.find(id)->queue->adapt());
    next_review_ = now_ + kReviewInterval;
  }
}

void Worker::publish_gauges() {
  counters_.flows.set(static_cast<std::int64_t>(flows_.size()));
  counters_.sockets.set(static_cast<std::int64_t>(sockets_.size()));
}

bool Worker::adopt(SocketId id, Socket socket) {
  const Socket& adopted = sockets_.add(id, std::move(socket));
  // Who comes waits in the kernel until there is a path.
  if (adopted.role == SocketRole::tcp_anchor) return watch(id, adopted.fd.get(), 0);
  if (adopted.role == SocketRole::icmp) return watch(id, adopted.fd.get(), EPOLLIN);
  if (adopted.role == SocketRole::listener) udp_listeners_.emplace(adopted.local, id);
  // Without these the socket works as well: its client hears nothing of errors, its packets leave
  // unmarked.
  const AddressFamily family = adopted.local.address.family();
  if (adopted.role == SocketRole::relay) keep_icmp_errors(adopted.fd.get(), family);
  enable_gro(adopted.fd.get());
  if (adopted.role != SocketRole::anchor)
    apply_dscp_ttl_policy(adopted.fd.get(), family, shared_resources_.dscp_ttl);
  if (is_fanned_in(adopted)) fan_in_->add_port(adopted, id);
  if (adopted.queue) shared_.push_back(id);
  return watch(id, adopted.fd.get(), EPOLLIN);
}

void Worker::close(SocketId id) {
  if (const Socket* socket = sockets_.find(id); socket != nullptr && is_fanned_in(*socket)) {
    fan_in_->remove_port(socket->local);
  }
  sockets_.close(id);
}

bool Worker::is_fanned_in(const Socket& socket) const {
  return fan_in_ && (socket.role == SocketRole::relay || socket.role == SocketRole::anchor);
}

bool Worker::watch(SocketId id, int fd, std::uint32_t interest) {
  return control(epoll_, EPOLL_CTL_ADD, fd, static_cast<std::uint64_t>(id), interest);
}

void Worker::rewatch(SocketId id, int fd, std::uint32_t interest) {
  control(epoll_, EPOLL_CTL_MOD, fd, static_cast<std::uint64_t>(id), interest);
}

void Worker::unwatch(int fd) {
  control(epoll_, EPOLL_CTL_DEL, fd, 0, 0);
}

Bytes Worker::room_to_receive() {
  if (ring_.free() == 0) flush();
  return {ring_.payload(0), PacketRing::kPayload};
}

void Worker::adopt_client(std::unique_ptr<TcpClient> client) {
  const auto id = reserve_socket();
  if (!id) return;
  post([id = *id, moved = std::move(client)](Worker& worker) mutable {
    worker.turn_tcp_.adopt(id, std::move(moved));
  });
}

void Worker::adopt_client(const DtlsClients::PeerKey& peer, std::unique_ptr<DtlsClient> client) {
  const auto id = reserve_socket();
  if (!id) return post([peer](Worker& worker) { worker.dtls_.forget(peer); });
  post([id = *id, moved = std::move(client)](Worker& worker) mutable {
    worker.dtls_.adopt(id, std::move(moved));
  });
}

void Worker::evict(std::uint64_t place, const AdmissionId& id) {
  post([socket = SocketId{static_cast<std::uint32_t>(place)}, id](Worker& worker) {
    worker.turn_tcp_.evict(socket, id);
    worker.dtls_.evict(socket, id);
  });
}

void Worker::send_to(WorkerIndex worker, std::unique_ptr<TcpClient> client) {
  const auto index = static_cast<std::size_t>(worker);
  if (index < workers_.size()) workers_[index]->adopt_client(std::move(client));
}

std::optional<Socket> Worker::release(SocketId id) {
  Socket* socket = sockets_.find(id);
  if (socket == nullptr) return std::nullopt;
  unwatch(socket->fd.get());
  if (is_fanned_in(*socket)) fan_in_->remove_port(socket->local);
  socket->bandwidth.reset();  // made of this worker's shares: where it arrives it gets another
  return sockets_.take(id);
}

std::optional<SocketId> Worker::udp_listener(const Endpoint& local) const {
  const auto found = udp_listeners_.find(local);
  return found == udp_listeners_.end() ? std::nullopt : std::optional{found->second};
}

void Worker::replace_dtls(std::uint16_t listener, const secure::TlsContext& context) {
  for (const auto& [local, id] : udp_listeners_) {
    if (sockets_.find(id)->listener == listener) dtls_.set_context(id, context);
  }
}

void Worker::set_next_hop(const RouteKey& key, const std::optional<NextHop>& hop) {
  egress_->set(key, hop);
}

void Worker::set_media_path(const MediaPath& path) {
  run_handler([&](Time now, Outcome& outcome) { handlers_.anchor->set_path(now, path, outcome); });
}

void Worker::remove_media_path(MediaPathId path) {
  run_handler(
      [&](Time now, Outcome& outcome) { handlers_.anchor->remove_path(now, path, outcome); });
}

void Worker::set_stream_path(const StreamPath& path) {
  run_handler(
      [&](Time now, Outcome& outcome) { handlers_.tcp_anchor->set_path(now, path, outcome); });
}

void Worker::remove_stream_path(MediaPathId path) {
  run_handler(
      [&](Time now, Outcome& outcome) { handlers_.tcp_anchor->remove_path(now, path, outcome); });
}

FlowUsage Worker::usage(const FlowKey& key) const {
  const Flow* flow = flows_.find(key);
  if (flow == nullptr) return {};
  return flow->usage();
}

}  // namespace avedge::relay
