#include "relay/sockets/listener_lock.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>

#include "relay/sockets/udp_socket.h"

namespace avedge::relay {
namespace {

Result<FileDescriptor> bind_abstract(const std::string& name) {
  FileDescriptor fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!fd.is_open()) return Error::from_errno("cannot open a unix socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A leading zero byte puts the name into the abstract name space: it goes when the process goes.
  const std::size_t length = std::min(name.size(), sizeof address.sun_path - 1);
  std::copy_n(name.begin(), length, address.sun_path + 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    return Error::from_errno("cannot bind the lock");
  }
  return fd;
}

}  // namespace

Result<ListenerLock> ListenerLock::take(const Endpoint& listener, const std::string& device) {
  const std::string where = listener.to_string() + "/udp";
  auto guard = bind_abstract("avedge-listener:" + where);
  if (!guard) return Error{"cannot listen on " + where + ": another avedge already does"};

  int bind_errno = 0;
  const auto probe = open_udp(listener, {.device = device}, &bind_errno);
  if (!probe) {
    if (bind_errno == EADDRINUSE) {
      return Error{"cannot listen on " + where + ": another program already does"};
    }
    return probe.reason().in("cannot listen on " + where);
  }
  return ListenerLock{std::move(guard).value()};
}

}  // namespace avedge::relay
