// Receives ICMP errors. SkLookupRedirect hides the sockets of leased ports from the kernel, so it
// cannot queue errors for them (relay/sockets/error_queue); the errors themselves name the sender.
#pragma once

#include "relay/core/bytes.h"
#include "relay/core/endpoint.h"
#include "relay/core/result.h"
#include "relay/sockets/file_descriptor.h"

namespace avedge::relay {

/// A raw socket that gets what is said about undelivered datagrams of this host, and no other ICMP
/// of the well-known types (Linux always passes on the others). Takes CAP_NET_RAW.
[[nodiscard]] Result<FileDescriptor> open_icmp(AddressFamily family);

/// The next message (see icmp_quote), cut off where `buffer` ends; empty if none waits.
[[nodiscard]] ConstBytes receive_icmp(int fd, Bytes buffer);

}  // namespace avedge::relay
