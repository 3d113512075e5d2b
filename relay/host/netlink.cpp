#include "relay/host/netlink.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <span>

namespace avedge::relay {
namespace {

/// The kernel answers within the call; this is for the day it does not.
constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};

}  // namespace

Result<NetlinkSocket> open_netlink(unsigned groups) {
  NetlinkSocket socket{mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC)};
  if (socket == nullptr) return Error::from_errno("cannot ask the kernel for routes");
  if (mnl_socket_bind(socket.get(), groups, MNL_SOCKET_AUTOPID) < 0) {
    return Error::from_errno("cannot hear of the kernel's routes");
  }
  const int fd = mnl_socket_get_fd(socket.get());
  if (groups == 0) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  return socket;
}

std::uint8_t netlink_family(AddressFamily family) {
  return family == AddressFamily::ipv4 ? AF_INET : AF_INET6;
}

std::optional<IpAddress> address_in(const nlattr* attribute) {
  const std::span payload{static_cast<const std::byte*>(mnl_attr_get_payload(attribute)),
                          mnl_attr_get_payload_len(attribute)};
  return IpAddress::from_bytes(payload);
}

}  // namespace avedge::relay
