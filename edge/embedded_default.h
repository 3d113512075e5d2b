// The configuration that needs no file: what `avedge serve` starts on for a first try on one
// machine. TURN over every transport, no SIP, credentials that nobody can guess, a certificate that
// vouches for itself.
#pragma once

#include <span>
#include <vector>

#include "edge/config.h"

namespace avedge::edge {

/// Addresses of all network devices that are up, in the kernel's order.
std::vector<IpAddress> machine_addresses();

/// Listens on loopback and on the first global address among `addresses` (IPv4 rather than IPv6).
/// Relayed addresses live on the global one, because a loopback address as a peer is refused; a
/// machine that has loopback only relays there. Draws a new user, password and certificate each
/// time; fails when OpenSSL cannot make one.
Result<Config> embedded_default(std::span<const IpAddress> addresses);

}  // namespace avedge::edge
