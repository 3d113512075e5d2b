#include "relay/sockets/ip_header_fields.h"

#include <netinet/in.h>

#include <cstring>

namespace avedge::relay {
namespace {

bool set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/// Appends one ancillary item; returns where the next one begins.
std::byte* append(std::byte* at, int level, int type, int value) {
  cmsghdr header{};
  header.cmsg_level = level;
  header.cmsg_type = type;
  header.cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(at, &header, sizeof header);
  std::memcpy(at + CMSG_LEN(0), &value, sizeof value);
  return at + CMSG_SPACE(sizeof value);
}

}  // namespace

bool apply_dscp_ttl_policy(int fd, AddressFamily family, const DscpTtlPolicy& dscp_ttl) {
  const bool is_v4 = family == AddressFamily::ipv4;
  const int level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
  bool done = true;
  if (dscp_ttl.dscp) {
    done = set_option(fd, level, is_v4 ? IP_TOS : IPV6_TCLASS,
                      dscp_ttl.socket_default().traffic_class);
  } else {
    done = set_option(fd, level, is_v4 ? IP_RECVTOS : IPV6_RECVTCLASS, 1);
  }
  if (dscp_ttl.decrements_hop_limit) {
    done = set_option(fd, level, is_v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1) && done;
  }
  return done;
}

void set_header_fields(msghdr& message, HeaderFieldsBuffer& buffer, AddressFamily family,
                       const IpHeaderFields& fields) {
  const bool is_v4 = family == AddressFamily::ipv4;
  const int level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
  std::byte* const begin = buffer.bytes.data();
  std::byte* end = append(begin, level, is_v4 ? IP_TOS : IPV6_TCLASS, fields.traffic_class);
  if (fields.hop_limit != 0) {
    end = append(end, level, is_v4 ? IP_TTL : IPV6_HOPLIMIT, fields.hop_limit);
  }
  message.msg_control = begin;
  message.msg_controllen = static_cast<std::size_t>(end - begin);
}

}  // namespace avedge::relay
