#include "relay/worker/worker_sockets.h"

#include "relay/sockets/ancillary.h"
#include "relay/sockets/error_queue.h"
#include "relay/sockets/gso_batch.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {

bool WorkerSockets::adopt(SocketId id, Socket socket) {
  Socket& adopted = sockets_.add(id, std::move(socket));
  const int fd = adopted.fd.get();
  if (!adopted.is<IcmpReceiver>()) {
    const AddressFamily family = adopted.local.address.family();
    if (adopted.is<UdpListener>()) udp_listeners_.emplace(adopted.local, id);
    // Without these the socket works as well: its client hears nothing of errors, its packets leave
    // unmarked.
    if (adopted.is<RelayedAddress>()) keep_icmp_errors(fd, family);
    enable_gro(fd);
    if (!adopted.is<AnchorPort>()) apply_dscp_ttl_policy(fd, family, dscp_ttl_);
    if (is_fanned_in(adopted)) {
      fan_in_->add_port(adopted, id,
                        adopted.is<RelayedAddress>() ? SkLookupRedirect::IcmpErrors::reported
                                                     : SkLookupRedirect::IcmpErrors::ignored);
    }
    if (shared_buffer_of(adopted) != nullptr) shared_.push_back(id);
  }
  return loop_.watch(fd, static_cast<std::uint64_t>(id), EPOLLIN);
}

void WorkerSockets::close(SocketId id) {
  if (const Socket* socket = sockets_.find(id); socket != nullptr && is_fanned_in(*socket)) {
    fan_in_->remove_port(socket->local);
  }
  sockets_.close(id);
}

/// Its bandwidth stays here: it is made of this worker's credit.
std::optional<LeasedSocket> WorkerSockets::release(SocketId id) {
  const Socket* socket = sockets_.find(id);
  if (socket == nullptr) return std::nullopt;
  loop_.unwatch(socket->fd.get());
  if (is_fanned_in(*socket)) fan_in_->remove_port(socket->local);
  return static_cast<LeasedSocket&&>(sockets_.take(id));
}

std::optional<SocketId> WorkerSockets::udp_listener(const Endpoint& local) const {
  const auto found = udp_listeners_.find(local);
  return found == udp_listeners_.end() ? std::nullopt : std::optional{found->second};
}

std::vector<SocketId> WorkerSockets::udp_listeners(std::uint16_t index) const {
  std::vector<SocketId> listeners;
  for (const auto& [local, id] : udp_listeners_) {
    if (sockets_.find(id)->as<UdpListener>()->index == index) listeners.push_back(id);
  }
  return listeners;
}

std::uint32_t WorkerSockets::adapt_shared_buffers() {
  std::uint32_t overflowed = 0;
  for (const SocketId id : shared_) overflowed += shared_buffer_of(*sockets_.find(id))->adapt();
  return overflowed;
}

bool WorkerSockets::is_fanned_in(const Socket& socket) const {
  return fan_in_ != nullptr && (socket.is<RelayedAddress>() || socket.is<AnchorPort>());
}

}  // namespace avedge::relay
