#include "relay/fan_in/destination.h"

namespace avedge::relay {

bool tell_destinations(int fd, AddressFamily family) {
  const int on = 1;
  return family == AddressFamily::ipv4
             ? setsockopt(fd, IPPROTO_IP, IP_RECVORIGDSTADDR, &on, sizeof on) == 0
             : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, &on, sizeof on) == 0;
}

Endpoint received_destination(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    SocketAddress address;
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_ORIGDSTADDR) {
      std::memcpy(&address.v4, CMSG_DATA(part), sizeof address.v4);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_ORIGDSTADDR) {
      std::memcpy(&address.v6, CMSG_DATA(part), sizeof address.v6);
    } else {
      continue;
    }
    return address.endpoint();
  }
  return {};
}

}  // namespace avedge::relay
