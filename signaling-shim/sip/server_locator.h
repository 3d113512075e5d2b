// Where a next hop is: what DNS says about its name (RFC 3263), as addresses in order of
// preference.
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
  /// The host that SRV named; the next hop's own otherwise.
  std::string name;
  friend bool operator==(const Target&, const Target&) = default;
};

struct ServerLocation {
  std::vector<Target> targets;
  /// How long it holds: the shortest life of all records it rests on.
  std::chrono::seconds ttl = std::chrono::seconds::max();
  /// A server did not answer: what is missing may still be there.
  bool failed = false;
};

/// Calls `done` once, at once for an address. `transports`: those that the way to `hop` allows, in
/// order of preference, not empty. `dns` must outlive the search.
void locate(DnsClient& dns, const NextHop& hop, const std::vector<Transport>& transports,
            std::function<void(ServerLocation)> done);

}  // namespace avedge::sip
