// IPv6 addresses that are really IPv4 addresses. A filter that looks at one form only is walked
// around with another.
#pragma once

#include "relay/core/endpoint.h"

namespace avedge {

/// The IPv4 address that a packet to `address` would end up at, for every form in which IPv6 can
/// carry one: mapped, compatible and translated (RFC 4291 §2.5.5, RFC 2765 §2.1), 6to4 (RFC 3056),
/// Teredo (RFC 4380, the client's), NAT64's well-known prefix (RFC 6052) and ISATAP (RFC 5214).
/// Any other address is its own canonical form.
[[nodiscard]] IpAddress unwrap_embedded_ipv4(const IpAddress& address);

/// Mapped, compatible or translated: IPv4 in the clothes of IPv6. No IPv6 network carries them.
[[nodiscard]] bool embeds_ipv4(const IpAddress& address);

}  // namespace avedge
