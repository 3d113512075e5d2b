// Ranges of addresses with a meaning of their own (RFC 6890).
#pragma once

#include "relay/core/endpoint.h"

namespace avedge {

/// RFC 1918, 100.64.0.0/10 (RFC 6598) and unique local addresses (RFC 4193): where such an address
/// leads depends on the network that uses it.
[[nodiscard]] bool is_private(const IpAddress& address);

/// 169.254.0.0/16 (RFC 3927) and fe80::/10: they mean nothing without a device.
[[nodiscard]] bool is_link_local(const IpAddress& address);

/// Never the address of another host that routes lead to: loopback, unspecified ("this network" of
/// RFC 1122 included), link-local, multicast, and everything from 240.0.0.0 on, which ends with the
/// limited broadcast.
[[nodiscard]] bool is_not_routed(const IpAddress& address);

}  // namespace avedge
