// What the kernel says about a received datagram besides its bytes: as far as the socket was asked
// to tell, by apply_dscp_ttl_policy(), enable_gro() and tell_destinations().
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>

#include "relay/core/endpoint.h"
#include "relay/sockets/ip_header_fields.h"

namespace avedge::relay {

struct Ancillary {
  IpHeaderFields fields;
  /// Of a run: the size of all its datagrams but the last. 0: it is one datagram.
  std::size_t segment = 0;
  /// The destination address; the default endpoint if it is not reported.
  Endpoint destination;
};

/// Room for all of it.
struct AncillaryBuffer {
  alignas(cmsghdr) std::array<std::byte, sizeof(HeaderFieldsBuffer) + CMSG_SPACE(sizeof(int)) +
                                             CMSG_SPACE(sizeof(sockaddr_in6))> bytes;
};

[[nodiscard]] Ancillary read_ancillary(msghdr& message);

}  // namespace avedge::relay
