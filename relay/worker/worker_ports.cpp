#include "relay/worker/worker_ports.h"

namespace avedge::relay {
namespace {

struct DetachedSocket final : DetachedPort {
  explicit DetachedSocket(LeasedSocket taken) : socket{std::move(taken)} {}
  LeasedSocket socket;
};

}  // namespace

Verdict<RelayPort> WorkerPorts::lease(AddressFamily family, Parity parity) {
  auto socket = addresses_.lease(interface_, family, parity);
  if (!socket) return socket.reason();
  return adopt(std::move(socket).value());
}

Verdict<RelayPorts::Reserving> WorkerPorts::lease_reserving_next(Time now, AddressFamily family) {
  auto pair = addresses_.lease_pair(interface_, family);
  if (!pair) return pair.reason();
  auto even = adopt(std::move(pair->even));
  if (!even) return even.reason();
  const auto token = reservations_.hold(now, std::move(pair->odd));
  if (!token) {
    sockets_.close(even->socket);
    return DropReason::ports_exhausted;
  }
  return Reserving{*even, *token};
}

Verdict<RelayPort> WorkerPorts::claim(Time now, const ReservationToken& token) {
  auto socket = reservations_.claim(now, token);
  if (!socket) return DropReason::bad_reservation;
  return adopt(std::move(*socket));
}

std::optional<IpAddress> WorkerPorts::own_relay_address(const IpAddress& peer) const {
  const RelayAddress* own = addresses_.find(interface_, peer);
  if (own == nullptr) return std::nullopt;
  return own->range().local;
}

IpAddress WorkerPorts::advertised_address(const IpAddress& local) const {
  const RelayAddress* own = addresses_.find(interface_, local);
  return own == nullptr ? local : own->range().advertised;
}

bool WorkerPorts::is_leased(const Endpoint& local) const {
  return addresses_.is_leased(interface_, local);
}

std::optional<SocketId> WorkerPorts::udp_listener(const Endpoint& local) const {
  return sockets_.udp_listener(local);
}

std::unique_ptr<DetachedPort> WorkerPorts::detach(SocketId socket) {
  auto taken = sockets_.release(socket);
  if (!taken) return nullptr;
  return std::make_unique<DetachedSocket>(std::move(*taken));
}

Verdict<RelayPort> WorkerPorts::attach(std::unique_ptr<DetachedPort> port) {
  return adopt(std::move(static_cast<DetachedSocket&>(*port).socket));
}

Verdict<RelayPort> WorkerPorts::adopt(LeasedSocket leased) {
  const auto id = sockets_.reserve();
  if (!id) return DropReason::ports_exhausted;
  const RelayPort port{*id, leased.local, leased.advertised};
  Socket socket{std::move(leased)};
  socket.kind = RelayedAddress{};
  if (sockets_.adopt(*id, std::move(socket))) return port;
  sockets_.close(*id);
  return DropReason::ports_exhausted;
}

}  // namespace avedge::relay
