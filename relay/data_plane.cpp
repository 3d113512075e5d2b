#include "relay/data_plane.h"

#include "relay/udp_socket.h"

namespace avedge::relay {
namespace {

/// Bytes, in each direction: all clients of a worker share one listener, so a burst of video for
/// all of them meets in its buffer.
constexpr int kListenerBuffer = 8 << 20;

/// Every port of every range may be a socket of one worker; listeners come on top.
std::size_t sockets_needed(const DataPlaneSettings& settings) {
  std::size_t sockets = settings.turn_listeners.size();
  for (const RelayRange& range : settings.ranges) {
    sockets += static_cast<std::size_t>(range.last.number() - range.first.number()) + 1;
  }
  return sockets;
}

}  // namespace

Result<std::unique_ptr<DataPlane>> DataPlane::open(const DataPlaneSettings& settings,
                                                   const HandlerFactory& make_handlers) {
  std::unique_ptr<DataPlane> plane{new DataPlane{settings, make_handlers}};
  for (const UdpListener& listener : settings.turn_listeners) {
    if (const auto listening = plane->listen(listener); !listening) return listening.reason();
  }
  return plane;
}

DataPlane::DataPlane(const DataPlaneSettings& settings, const HandlerFactory& make_handlers)
    : addresses_{settings.ranges} {
  const WorkerCapacity capacity{settings.flows_per_worker, sockets_needed(settings)};
  for (unsigned i = 0; i < settings.workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(capacity, addresses_, reservations_,
                                                settings.turn_relay_interface, make_handlers));
  }
}

DataPlane::~DataPlane() {
  stop();
}

/// One socket a worker, all bound before the first is served: the kernel spreads clients over the
/// sockets of a group by their five-tuple, and the group must not change under them.
Result<void> DataPlane::listen(const UdpListener& listener) {
  auto lock = ListenerLock::take(listener.local, listener.device);
  if (!lock) return lock.reason();
  locks_.push_back(std::move(lock).value());

  for (const auto& worker : workers_) {
    auto fd = open_udp(listener.local, {.sharing = Sharing::per_worker,
                                        .device = listener.device,
                                        .receive_buffer = kListenerBuffer,
                                        .send_buffer = kListenerBuffer});
    if (!fd) return fd.reason();
    const auto id = worker->reserve_socket();
    if (!id) return Error{"no socket slot left for " + listener.local.to_string() + "/udp"};
    UdpSocket socket;
    socket.fd = std::move(fd).value();
    socket.role = SocketRole::listener;
    socket.local = listener.local;
    socket.advertised = listener.local;
    if (!worker->adopt(*id, std::move(socket))) {
      return Error::from_errno("cannot watch " + listener.local.to_string() + "/udp");
    }
  }
  return {};
}

void DataPlane::start() {
  for (const auto& worker : workers_) {
    threads_.emplace_back([&worker = *worker] { worker.run(); });
  }
}

void DataPlane::stop() {
  for (const auto& worker : workers_) worker->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::vector<const WorkerCounters*> DataPlane::counters() const {
  std::vector<const WorkerCounters*> counters;
  for (const auto& worker : workers_) counters.push_back(&worker->counters());
  return counters;
}

WorkerId DataPlane::assign_worker() {
  const auto turn = next_worker_.fetch_add(1, std::memory_order_relaxed);
  return WorkerId{static_cast<std::uint32_t>(turn % workers_.size())};
}

Verdict<MediaPortPair> DataPlane::lease_pair(WorkerId worker_id, std::string_view interface,
                                             AddressFamily family) {
  auto sockets = addresses_.lease_pair(interface, family);
  if (!sockets) return sockets.reason();

  Worker& owner = worker(worker_id);
  const auto rtp = owner.reserve_socket();
  const auto rtcp = owner.reserve_socket();
  if (!rtp || !rtcp) {
    if (rtp) owner.cancel_socket(*rtp);
    if (rtcp) owner.cancel_socket(*rtcp);
    return DropReason::ports_exhausted;
  }
  return MediaPortPair{hand_over(worker_id, *rtp, std::move(sockets->even)),
                       hand_over(worker_id, *rtcp, std::move(sockets->odd))};
}

MediaPort DataPlane::hand_over(WorkerId worker_id, SocketId id, UdpSocket socket) {
  MediaPort port{*this, worker_id, id, socket.local, socket.advertised};
  socket.role = SocketRole::anchor;
  worker(worker_id).post([id, moved = std::move(socket)](Worker& worker) mutable {
    worker.adopt(id, std::move(moved));
  });
  return port;
}

void DataPlane::set_path(WorkerId worker_id, const MediaPath& path) {
  worker(worker_id).post([path](Worker& worker) { worker.set_media_path(path); });
}

void DataPlane::remove_path(WorkerId worker_id, MediaPathId path) {
  worker(worker_id).post([path](Worker& worker) { worker.remove_media_path(path); });
}

void DataPlane::release(WorkerId worker_id, SocketId socket) {
  worker(worker_id).post([socket](Worker& worker) { worker.close(socket); });
}

}  // namespace avedge::relay
