#include "relay/sockets/udp_socket.h"

#include <linux/sock_diag.h>

#include <array>

#include "relay/core/descriptor_reserve.h"
#include "relay/sockets/error_queue.h"
#include "relay/sockets/socket_address.h"

namespace avedge::relay {
namespace {

bool set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

enum class Fragmentation : std::uint8_t { as_needed, never };

void set_fragmentation(int fd, AddressFamily family, Fragmentation fragmentation) {
  const bool never = fragmentation == Fragmentation::never;
  if (family == AddressFamily::ipv4) {
    set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, never ? IP_PMTUDISC_PROBE : IP_PMTUDISC_OMIT);
  } else {
    set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
               never ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_OMIT);
  }
}

/// Beyond net.core.wmem_max only a privileged process gets what it asks for.
void set_send_buffer(int fd, int bytes) {
  if (!set_option(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes)) {
    set_option(fd, SOL_SOCKET, SO_SNDBUF, bytes);
  }
}

Result<void> apply(int fd, const Endpoint& local, const UdpSocketOptions& options) {
  set_fragmentation(fd, local.address.family(), Fragmentation::as_needed);
  if (!local.address.is_v4() && !set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) {
    return Error::from_errno("IPV6_V6ONLY");
  }
  if (options.sharing == Sharing::per_worker && !set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) {
    return Error::from_errno("SO_REUSEPORT");
  }
  if (!options.device.empty() && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options.device.c_str(),
                                            static_cast<socklen_t>(options.device.size())) != 0) {
    return Error::from_errno("cannot bind to device " + options.device);
  }
  if (options.receive_buffer > 0) set_receive_buffer(fd, options.receive_buffer);
  if (options.send_buffer > 0) set_send_buffer(fd, options.send_buffer);
  return {};
}

}  // namespace

Result<FileDescriptor> open_udp(const Endpoint& local, const UdpSocketOptions& options,
                                int* bind_errno) {
  if (bind_errno != nullptr) *bind_errno = 0;
  FileDescriptor fd{unless_from_reserve(socket(local.address.is_v4() ? AF_INET : AF_INET6,
                                               SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))};
  if (!fd.is_open()) return Error::from_errno("cannot open a UDP socket");
  if (const auto applied = apply(fd.get(), local, options); !applied) {
    return applied.reason().in(local.to_string() + "/udp");
  }
  const SocketAddress address{local};
  if (bind(fd.get(), &address.any, address.size()) != 0) {
    if (bind_errno != nullptr) *bind_errno = errno;
    return Error::from_errno("cannot bind " + local.to_string() + "/udp");
  }
  return fd;
}

bool send_unfragmented(const FileDescriptor& socket, const Endpoint& to, ConstBytes datagram,
                       const IpHeaderFields& fields) {
  SocketAddress address{to};
  iovec vector{const_cast<std::byte*>(datagram.data()), datagram.size()};
  msghdr message{};
  message.msg_name = &address;
  message.msg_namelen = address.size();
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  HeaderFieldsBuffer buffer;
  set_header_fields(message, buffer, to.address.family(), fields);

  set_fragmentation(socket.get(), to.address.family(), Fragmentation::never);
  ssize_t sent = sendmsg(socket.get(), &message, 0);
  if (sent < 0 && is_about_another(errno)) sent = sendmsg(socket.get(), &message, 0);
  set_fragmentation(socket.get(), to.address.family(), Fragmentation::as_needed);
  return sent == static_cast<ssize_t>(datagram.size());
}

bool tell_destinations(int socket, AddressFamily family) {
  return family == AddressFamily::ipv4 ? set_option(socket, IPPROTO_IP, IP_RECVORIGDSTADDR, 1)
                                       : set_option(socket, IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, 1);
}

void set_receive_buffer(int socket, int bytes) {
  if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, bytes)) {
    set_option(socket, SOL_SOCKET, SO_RCVBUF, bytes);
  }
}

std::uint32_t queue_overflows(int socket) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> figures{};
  socklen_t size = sizeof figures;
  getsockopt(socket, SOL_SOCKET, SO_MEMINFO, figures.data(), &size);
  return figures[SK_MEMINFO_DROPS];
}

int bound_device(const FileDescriptor& socket) {
  int device = 0;
  socklen_t size = sizeof device;
  return getsockopt(socket.get(), SOL_SOCKET, SO_BINDTOIFINDEX, &device, &size) == 0 ? device : 0;
}

Endpoint local_endpoint(const FileDescriptor& socket) {
  SocketAddress address;
  socklen_t size = sizeof address;
  if (getsockname(socket.get(), &address.any, &size) != 0) return {};
  return address.endpoint();
}

}  // namespace avedge::relay
