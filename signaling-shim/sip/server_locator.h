// Locates a next hop: its DNS records (RFC 3263), as addresses in order of preference.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "signaling-shim/sip/dns_client.h"
#include "signaling-shim/sip/settings.h"

namespace avedge::sip {

/// One address of a next hop.
struct Target {
  Transport transport = Transport::udp;
  Endpoint remote;
  /// Lower ones are tried first; among equals the weight is the share (RFC 2782).
  std::uint32_t rank = 0;
  std::uint16_t weight = 0;
  /// The host named by SRV; otherwise the next hop's own.
  std::string name;
  friend bool operator==(const Target&, const Target&) = default;
};

struct ServerLocation {
  std::vector<Target> targets;
  /// How long it is valid: the shortest TTL of all records used.
  std::chrono::seconds ttl = std::chrono::seconds::max();
  /// A server did not answer: missing records may still exist.
  bool failed = false;
};

/// Calls `done` once, at once for an address. `transports`: those that the route to `hop` allows,
/// in order of preference, not empty. `dns` must outlive the search.
void locate(DnsClient& dns, const NextHop& hop, const std::vector<Transport>& transports,
            std::function<void(ServerLocation)> done);

}  // namespace avedge::sip
