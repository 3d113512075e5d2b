// Where a received datagram was sent to, port included: a socket that takes in what is for many
// ports has to be told (IP_ORIGDSTADDR).
#pragma once

#include <sys/socket.h>

#include "relay/socket_address.h"

namespace avedge::relay {

/// Room that it takes among a datagram's ancillary data.
inline constexpr std::size_t kDestinationSpace = CMSG_SPACE(sizeof(sockaddr_in6));

/// From now on the socket tells. False if the kernel cannot.
bool tell_destinations(int fd, AddressFamily family);
/// The default endpoint, which is nobody's, if the message does not say.
[[nodiscard]] Endpoint received_destination(msghdr& message);

}  // namespace avedge::relay
