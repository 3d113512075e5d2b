#include "relay/sockets/ancillary.h"

#include <netinet/udp.h>

#include <cstring>

#include "relay/sockets/socket_address.h"

namespace avedge::relay {
namespace {

/// The kernel writes a byte for IP_TOS and an int for the others.
std::uint8_t mark_in(const cmsghdr& part) {
  if (part.cmsg_len == CMSG_LEN(1)) {
    return std::to_integer<std::uint8_t>(*reinterpret_cast<const std::byte*>(CMSG_DATA(&part)));
  }
  int value = 0;
  if (part.cmsg_len >= CMSG_LEN(sizeof value)) std::memcpy(&value, CMSG_DATA(&part), sizeof value);
  return static_cast<std::uint8_t>(value);
}

Endpoint endpoint_in(const cmsghdr& part) {
  SocketAddress address;
  std::memcpy(&address, CMSG_DATA(&part),
              part.cmsg_level == IPPROTO_IP ? sizeof address.v4 : sizeof address.v6);
  return address.endpoint();
}

std::size_t segment_in(const cmsghdr& part) {
  int segment = 0;
  std::memcpy(&segment, CMSG_DATA(&part), sizeof segment);
  return segment > 0 ? static_cast<std::size_t>(segment) : 0;
}

void read(const cmsghdr& part, Ancillary& found) {
  switch (part.cmsg_level) {
    case IPPROTO_IP:
      if (part.cmsg_type == IP_TOS) found.fields.traffic_class = mark_in(part);
      if (part.cmsg_type == IP_TTL) found.fields.hop_limit = mark_in(part);
      if (part.cmsg_type == IP_ORIGDSTADDR) found.destination = endpoint_in(part);
      return;
    case IPPROTO_IPV6:
      if (part.cmsg_type == IPV6_TCLASS) found.fields.traffic_class = mark_in(part);
      if (part.cmsg_type == IPV6_HOPLIMIT) found.fields.hop_limit = mark_in(part);
      if (part.cmsg_type == IPV6_ORIGDSTADDR) found.destination = endpoint_in(part);
      return;
    case SOL_UDP:
      if (part.cmsg_type == UDP_GRO) found.segment = segment_in(part);
      return;
    default: return;
  }
}

}  // namespace

Ancillary read_ancillary(msghdr& message) {
  Ancillary found;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    read(*part, found);
  }
  return found;
}

}  // namespace avedge::relay
