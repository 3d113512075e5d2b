#include "relay/fan_in/icmp_socket.h"

#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace avedge::relay {
namespace {

bool admit_errors(int fd, AddressFamily family) {
  if (family == AddressFamily::ipv4) {
    const icmp_filter filter{
        ~(1u << ICMP_DEST_UNREACH | 1u << ICMP_TIME_EXCEEDED | 1u << ICMP_PARAMETERPROB)};
    return setsockopt(fd, IPPROTO_RAW, ICMP_FILTER, &filter, sizeof filter) == 0;
  }
  icmp6_filter filter;
  ICMP6_FILTER_SETBLOCKALL(&filter);
  for (const int type :
       {ICMP6_DST_UNREACH, ICMP6_PACKET_TOO_BIG, ICMP6_TIME_EXCEEDED, ICMP6_PARAM_PROB}) {
    ICMP6_FILTER_SETPASS(type, &filter);
  }
  return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter) == 0;
}

}  // namespace

Result<FileDescriptor> open_icmp(AddressFamily family) {
  const bool is_v4 = family == AddressFamily::ipv4;
  FileDescriptor fd{socket(is_v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                           is_v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6)};
  if (!fd.is_open()) return Error::from_errno("cannot listen to ICMP (it takes CAP_NET_RAW)");
  if (!admit_errors(fd.get(), family)) return Error::from_errno("ICMP filter");
  return fd;
}

ConstBytes receive_icmp(int fd, Bytes buffer) {
  const ssize_t size = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  return size > 0 ? ConstBytes{buffer}.first(static_cast<std::size_t>(size)) : ConstBytes{};
}

}  // namespace avedge::relay
