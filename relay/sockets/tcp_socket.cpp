#include "relay/sockets/tcp_socket.h"

#include <netinet/tcp.h>
#include <poll.h>

#include <cerrno>

#include "relay/core/descriptor_reserve.h"
#include "relay/sockets/socket_address.h"

namespace avedge::relay {
namespace {

constexpr int kBacklog = 1024;
/// Unsent bytes that one connection may have in the kernel: a burst of a key frame.
constexpr int kUnsentBytes = 64 * 1024;
/// How long sent data may stay unacknowledged.
constexpr int kUserTimeoutMilliseconds = 30'000;
constexpr int kKeepaliveSeconds = 60;

bool set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/// Whether that event, or an error, is to be reported at this moment.
bool happens_on(int fd, short event) {
  pollfd asked{fd, event, 0};
  return poll(&asked, 1, 0) == 1;
}

/// Whether other sockets may have the same port.
enum class Sharing : std::uint8_t { exclusive, relayed_port };

Result<FileDescriptor> bind_tcp(const Endpoint& local, const std::string& device, Sharing sharing) {
  const std::string name = local.to_string() + "/tcp";
  FileDescriptor fd{unless_from_reserve(socket(local.address.is_v4() ? AF_INET : AF_INET6,
                                               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))};
  if (!fd.is_open()) return Error::from_errno("cannot open a TCP socket");
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (sharing == Sharing::relayed_port) set_option(fd.get(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (!local.address.is_v4()) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (!device.empty() && setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, device.c_str(),
                                    static_cast<socklen_t>(device.size())) != 0) {
    return Error::from_errno(name + ": cannot bind to device " + device);
  }
  const SocketAddress address{local};
  if (bind(fd.get(), &address.any, address.size()) != 0) {
    return Error::from_errno("cannot bind " + name);
  }
  return fd;
}

Result<FileDescriptor> listen_on(Result<FileDescriptor> bound, const Endpoint& local) {
  if (bound && listen(bound->get(), kBacklog) != 0) {
    return Error::from_errno("cannot listen on " + local.to_string() + "/tcp");
  }
  return bound;
}

}  // namespace

Result<FileDescriptor> listen_tcp(const Endpoint& local, const std::string& device) {
  return listen_on(bind_tcp(local, device, Sharing::exclusive), local);
}

Result<FileDescriptor> listen_relayed_tcp(const Endpoint& local, const std::string& device) {
  return listen_on(bind_relayed_tcp(local, device), local);
}

Result<FileDescriptor> bind_relayed_tcp(const Endpoint& local, const std::string& device) {
  return bind_tcp(local, device, Sharing::relayed_port);
}

void limit_backlog(int listener, int connections) {
  listen(listener, connections);
}

FileDescriptor accept_tcp(int listener, Endpoint& remote) {
  SocketAddress address;
  socklen_t size = sizeof address;
  FileDescriptor fd{accept4(listener, &address.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  remote = address.endpoint();
  return fd;
}

Connecting begin_connecting(int fd, const Endpoint& remote) {
  const SocketAddress address{remote};
  if (connect(fd, &address.any, address.size()) == 0 || errno == EINPROGRESS) {
    return Connecting::under_way;
  }
  // The 4-tuple of a bound socket is checked by connect(2).
  return errno == EADDRNOTAVAIL || errno == EADDRINUSE ? Connecting::exists
                                                       : Connecting::impossible;
}

bool is_decided(int fd) {
  return happens_on(fd, POLLOUT);
}

bool is_connected(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

bool has_hung_up(int fd) {
  return happens_on(fd, POLLRDHUP);
}

bool is_closed(int fd) {
  return happens_on(fd, 0);
}

void prepare_media_stream(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMilliseconds);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveSeconds);
}

}  // namespace avedge::relay
