#include "relay/worker/data_plane.h"

#include <algorithm>
#include <map>

#include "relay/fan_in/icmp_socket.h"
#include "relay/sockets/tcp_socket.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

/// Bytes, in each direction: all clients of a worker share one listener, so a burst of video for
/// all of them meets in its buffer.
constexpr int kListenerBuffer = 8 << 20;

/// Connections that may wait for the path of a call: those of its party, and whoever finds the
/// port.
constexpr int kPartyBacklog = 16;

/// A worker's, of each family: one that datagrams are steered to, one for ICMP.
constexpr std::size_t kFanInSockets = 4;

/// Every port of every range may be a socket of one worker, over UDP and over TCP, and every client
/// may come by a connection of its own, or bring one for each peer (RFC 6062); so may the party of
/// a call behind each TCP port, and the other one be dialled for it. Listeners come on top. Memory
/// follows use, not this number.
std::size_t sockets_needed(const DataPlaneSettings& settings) {
  std::size_t ports = 0;
  for (const RelayRange& range : settings.ranges) {
    ports += static_cast<std::size_t>(range.last.number() - range.first.number()) + 1;
  }
  return settings.turn_listeners.size() + kFanInSockets + 4 * ports +
         2 * settings.connections.total;
}

/// Of each configured listener the number of its interface.
std::vector<std::size_t> connection_shares(const std::vector<ClientListener>& listeners) {
  std::vector<std::size_t> shares;
  std::map<std::string, std::size_t> share_of;
  for (const ClientListener& listener : listeners) {
    if (listener.index >= shares.size()) shares.resize(listener.index + std::size_t{1});
    shares[listener.index] = share_of.emplace(listener.interface, share_of.size()).first->second;
  }
  return shares;
}

bool has_family(const std::vector<RelayRange>& ranges, AddressFamily family) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [family](const RelayRange& range) { return range.local.family() == family; });
}

/// Before the worker runs.
Result<SocketId> adopt(Worker& worker, Socket socket) {
  const std::string name = socket.local.to_string() + "/udp";
  const auto id = worker.reserve_socket();
  if (!id) return Error{"no socket slot left for " + name};
  if (!worker.sockets().adopt(*id, std::move(socket)))
    return Error::from_errno("cannot watch " + name);
  return *id;
}

/// Nobody else's: what is steered to a socket comes there whatever it is bound to.
Endpoint loopback(AddressFamily family) {
  return *Endpoint::parse(family == AddressFamily::ipv4 ? "127.0.0.1:0" : "[::1]:0");
}

Result<Socket> open_receiver(AddressFamily family) {
  auto fd = open_udp(loopback(family), {.receive_buffer = kListenerBuffer});
  if (!fd) return fd.reason();
  if (!tell_destinations(fd->get(), family)) {
    return Error::from_errno("a socket that tells where datagrams were sent to");
  }
  Socket socket;
  socket.fd = std::move(fd).value();
  socket.kind = FanInReceiver{AdaptiveReceiveBuffer{socket.fd.get(), kListenerBuffer}};
  socket.local = local_endpoint(socket.fd);
  return socket;
}

}  // namespace

Result<std::unique_ptr<DataPlane>> DataPlane::open(const DataPlaneSettings& settings,
                                                   const HandlerFactory& make_handlers) {
  std::unique_ptr<NextHopResolver> resolver;
  if (settings.egress == Egress::frames) {
    if (const auto allowed = FrameBatch::open_packet_socket(); !allowed) return allowed.reason();
    auto opened = NextHopResolver::open();
    if (!opened) return opened.reason();
    resolver = std::move(opened).value();
  }
  std::unique_ptr<SkLookupRedirect> redirect;
  if (settings.ingress == Ingress::fan_in) {
    auto opened = SkLookupRedirect::open(settings.ranges, settings.workers);
    if (!opened) return opened.reason().in("ingress = \"fan-in\"");
    redirect = std::move(opened).value();
  }
  std::unique_ptr<DataPlane> plane{
      new DataPlane{settings, std::move(resolver), std::move(redirect), make_handlers}};
  if (plane->redirect_ != nullptr) {
    for (const AddressFamily family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
      if (!has_family(settings.ranges, family)) continue;
      if (const auto ready = plane->fan_in(family); !ready) {
        return ready.reason().in("ingress = \"fan-in\"");
      }
    }
  }
  for (const ClientListener& listener : settings.turn_listeners) {
    if (listener.udp || listener.dtls) {
      if (const auto listening = plane->listen_udp(listener); !listening) return listening.reason();
    }
    if (listener.tcp || listener.tls) {
      if (const auto listening = plane->listen_tcp(listener); !listening) return listening.reason();
    }
  }
  return plane;
}

DataPlane::DataPlane(const DataPlaneSettings& settings, std::unique_ptr<NextHopResolver> resolver,
                     std::unique_ptr<SkLookupRedirect> redirect,
                     const HandlerFactory& make_handlers)
    : addresses_{settings.ranges},
      connections_{settings.connections, connection_shares(settings.turn_listeners)},
      handshake_thread_{connections_, settings.stream_queue},
      resolver_{std::move(resolver)},
      redirect_{std::move(redirect)} {
  const WorkerCapacity capacity{settings.flows_per_worker, sockets_needed(settings)};
  const SharedResources resources{addresses_,
                                  reservations_,
                                  connections_,
                                  handshake_thread_,
                                  settings.turn_relay_interface,
                                  settings.dscp_ttl,
                                  resolver_.get(),
                                  redirect_.get()};
  std::vector<ClientReceiver*> all;
  for (unsigned i = 0; i < settings.workers; ++i) {
    workers_.push_back(
        std::make_unique<Worker>(WorkerIndex(i), capacity, resources, make_handlers));
    all.push_back(workers_.back().get());
  }
  for (const auto& worker : workers_) worker->set_workers(all);
  handshake_thread_.serve(std::move(all));
}

DataPlane::~DataPlane() {
  stop();
}

/// Every worker's sockets that what arrives for its ports of that family is steered to.
Result<void> DataPlane::fan_in(AddressFamily family) {
  for (const auto& worker : workers_) {
    auto receiver = open_receiver(family);
    if (!receiver) return receiver.reason();
    const int fd = receiver->fd.get();
    if (const auto adopted = adopt(*worker, std::move(*receiver)); !adopted) {
      return adopted.reason();
    }
    const auto steered = redirect_->set_receiver(worker->index(), family, fd);
    if (!steered) return steered.reason();

    Socket errors;
    auto icmp = open_icmp(family);
    if (!icmp) return icmp.reason();
    errors.fd = std::move(icmp).value();
    errors.kind = IcmpReceiver{};
    errors.local = loopback(family);
    const auto filtered = redirect_->filter_errors(worker->index(), family, errors.fd.get());
    if (!filtered) return filtered.reason();
    if (const auto adopted = adopt(*worker, std::move(errors)); !adopted) return adopted.reason();
  }
  return {};
}

/// One socket a worker, all bound before the first is served: the kernel spreads clients over the
/// sockets of a group by their five-tuple, and the group must not change under them.
Result<void> DataPlane::listen_udp(const ClientListener& listener) {
  auto lock = ListenerLock::take(listener.local, listener.device);
  if (!lock) return lock.reason();
  locks_.push_back(std::move(lock).value());
  if (listener.dtls) enable_cookies(*listener.dtls);

  for (const auto& worker : workers_) {
    auto fd = open_udp(listener.local, {.sharing = Sharing::per_worker,
                                        .device = listener.device,
                                        .receive_buffer = kListenerBuffer,
                                        .send_buffer = kListenerBuffer});
    if (!fd) return fd.reason();
    Socket socket;
    socket.fd = std::move(fd).value();
    socket.kind = UdpListener{listener.index, listener.udp,
                              AdaptiveReceiveBuffer{socket.fd.get(), kListenerBuffer}};
    socket.local = listener.local;
    socket.advertised = listener.local;
    const auto id = adopt(*worker, std::move(socket));
    if (!id) return id.reason();
    if (listener.dtls) worker->set_dtls(*id, *listener.dtls);
  }
  return {};
}

/// One socket accepts the TCP clients of all workers: a connection can be handed to any of them.
Result<void> DataPlane::listen_tcp(const ClientListener& listener) {
  auto fd = relay::listen_tcp(listener.local, listener.device);
  if (!fd) return fd.reason();
  TcpListener accepting{std::move(fd).value(), listener.local,          listener.index,
                        listener.tcp,          listener.proxy_protocol, listener.tls};
  if (handshake_thread_.open(std::move(accepting))) return {};
  return Error::from_errno("cannot watch " + listener.local.to_string() + "/tcp");
}

void DataPlane::replace_security(const ListenerSecurity& security) {
  if (security.tls) handshake_thread_.set_tls(security.index, *security.tls);
  if (!security.dtls) return;
  enable_cookies(*security.dtls);
  for (const auto& worker : workers_) {
    worker->post([index = security.index, context = *security.dtls](Worker& own) {
      for (const SocketId id : own.sockets().udp_listeners(index)) own.set_dtls(id, context);
    });
  }
}

void DataPlane::start() {
  handshake_thread_.start();
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker = *worker] { worker.run(); });
  }
  if (resolver_ == nullptr) return;
  resolver_->start([this](WorkerIndex worker, const RouteKey& key, const auto& hop) {
    workers_[static_cast<std::size_t>(worker)]->post(
        [key, hop](Worker& own) { own.set_next_hop(key, hop); });
  });
}

void DataPlane::stop() {
  handshake_thread_.stop();
  if (resolver_ != nullptr) resolver_->stop();
  for (const auto& worker : workers_) worker->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<const WorkerCounters*> DataPlane::counters() const {
  std::vector<const WorkerCounters*> counters;
  for (const auto& worker : workers_) counters.push_back(&worker->counters());
  return counters;
}

WorkerIndex DataPlane::assign_worker() {
  const auto turn = next_worker_.fetch_add(1, std::memory_order_relaxed);
  return WorkerIndex{static_cast<std::uint8_t>(turn % workers_.size())};
}

Verdict<MediaPortPair> DataPlane::lease_pair(WorkerIndex worker_index, std::string_view interface,
                                             AddressFamily family) {
  auto sockets = addresses_.lease_pair(interface, family);
  if (!sockets) return sockets.reason();

  Worker& owner = worker(worker_index);
  const auto rtp = owner.reserve_socket();
  const auto rtcp = owner.reserve_socket();
  if (!rtp || !rtcp) {
    if (rtp) owner.cancel_socket(*rtp);
    if (rtcp) owner.cancel_socket(*rtcp);
    return DropReason::ports_exhausted;
  }
  return MediaPortPair{hand_over(worker_index, *rtp, std::move(sockets->even)),
                       hand_over(worker_index, *rtcp, std::move(sockets->odd))};
}

Verdict<MediaPort> DataPlane::lease_single(WorkerIndex worker_index, std::string_view interface,
                                           AddressFamily family) {
  auto leased = addresses_.lease(interface, family, Parity::any);
  if (!leased) return leased.reason();
  const auto id = worker(worker_index).reserve_socket();
  if (!id) return DropReason::ports_exhausted;
  return hand_over(worker_index, *id, std::move(leased).value());
}

Verdict<MediaPort> DataPlane::lease_stream(WorkerIndex worker_index, std::string_view interface,
                                           AddressFamily family) {
  auto leased = addresses_.lease_tcp(interface, family);
  if (!leased) return leased.reason();
  limit_backlog(leased->fd.get(), kPartyBacklog);
  const auto id = worker(worker_index).reserve_socket();
  if (!id) return DropReason::ports_exhausted;
  MediaPort port{*this, worker_index, *id, leased->local, leased->advertised};
  worker(worker_index).post([id = *id, moved = std::move(leased).value()](Worker& worker) mutable {
    worker.anchor_tcp().adopt(id, std::move(moved));
  });
  return port;
}

MediaPort DataPlane::hand_over(WorkerIndex worker_index, SocketId id, LeasedSocket leased) {
  MediaPort port{*this, worker_index, id, leased.local, leased.advertised};
  worker(worker_index).post([id, moved = std::move(leased)](Worker& worker) mutable {
    Socket socket{std::move(moved)};
    socket.kind = AnchorPort{};
    worker.sockets().adopt(id, std::move(socket));
  });
  return port;
}

void DataPlane::set_path(WorkerIndex worker_index, const MediaPath& path) {
  worker(worker_index).post([path](Worker& worker) { worker.handlers().set_path(path); });
}

void DataPlane::remove_path(WorkerIndex worker_index, MediaPathId path) {
  worker(worker_index).post([path](Worker& worker) { worker.handlers().remove_path(path); });
}

void DataPlane::release(WorkerIndex worker_index, SocketId socket) {
  worker(worker_index).post([socket](Worker& worker) { worker.sockets().close(socket); });
}

}  // namespace avedge::relay
