#include "relay/sockets/error_queue.h"

#include <linux/errqueue.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "relay/sockets/socket_address.h"

namespace avedge::relay {
namespace {

/// A sock_extended_err and the address of the router that complained.
constexpr std::size_t kControlSize = CMSG_SPACE(sizeof(sock_extended_err) + sizeof(sockaddr_in6));

const cmsghdr* find_report(msghdr& message) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    const bool is_v4 = part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR;
    const bool is_v6 = part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR;
    if (is_v4 || is_v6) return part;
  }
  return nullptr;
}

/// RFC 792 (fragmentation needed) and RFC 4443 (packet too big) are the ones that carry an MTU.
IcmpError icmp_error(const sock_extended_err& report) {
  const bool is_v4 = report.ee_origin == SO_EE_ORIGIN_ICMP;
  const bool has_mtu = is_v4 ? report.ee_type == 3 && report.ee_code == 4 : report.ee_type == 2;
  return {report.ee_type, report.ee_code, has_mtu ? report.ee_info : 0};
}

}  // namespace

bool keep_icmp_errors(int fd, AddressFamily family) {
  const int on = 1;
  return family == AddressFamily::ipv4
             ? setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on) == 0
             : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on) == 0;
}

std::optional<UndeliveredDatagram> take_icmp_error(int fd) {
  SocketAddress peer;
  alignas(cmsghdr) std::array<std::byte, kControlSize> control;
  msghdr message{};
  message.msg_name = &peer;
  message.msg_namelen = sizeof peer;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return std::nullopt;

  const cmsghdr* part = find_report(message);
  if (part == nullptr) return std::nullopt;
  sock_extended_err report;
  std::memcpy(&report, CMSG_DATA(part), sizeof report);
  if (report.ee_origin != SO_EE_ORIGIN_ICMP && report.ee_origin != SO_EE_ORIGIN_ICMP6) {
    return std::nullopt;
  }
  return UndeliveredDatagram{peer.endpoint(), icmp_error(report)};
}

bool is_about_another(int code) {
  return code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH || code == EMSGSIZE ||
         code == EPROTO || code == EOPNOTSUPP || code == EACCES || code == ENOPROTOOPT ||
         code == EHOSTDOWN || code == ENONET;
}

}  // namespace avedge::relay
