// What ICMP says about datagrams that a socket sent.
#pragma once

#include <optional>

#include "relay/core/slow_path.h"

namespace avedge::relay {

/// From now on the kernel keeps ICMP errors for the socket. The price: each of them makes one
/// operation on the socket fail, whoever that was for (see is_about_another()).
bool keep_icmp_errors(int fd, AddressFamily family);

struct UndeliveredDatagram {
  Endpoint peer;  // the receiver
  IcmpError error;
};

/// Takes the oldest ICMP or ICMPv6 error that the kernel keeps for the socket; nothing if there is
/// none, or something else stands before it (which is gone then).
[[nodiscard]] std::optional<UndeliveredDatagram> take_icmp_error(int fd);

/// Whether a send that failed with this errno may report an error of another datagram: repeating
/// the same send gives its own result.
[[nodiscard]] bool is_about_another(int code);

}  // namespace avedge::relay
