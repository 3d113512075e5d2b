// The relay's permitted destinations. Every address that is not public unicast is denied unless the
// operator permits it: a relay that reaches loopback or the company's network is a vulnerability.
// So is every address of the host itself, public or not: its own services listen there.
#pragma once

#include <vector>

#include "ice/turn/settings.h"
#include "relay/core/endpoint.h"

namespace avedge::turn {

/// The owner of a peer's address.
enum class PeerPlace : std::uint8_t {
  elsewhere,
  this_host,  // configured, or known to the kernel
  relayed     // and it is one of this edge's relayed addresses
};

/// Which ports of a peer's address may be reached.
enum class PeerPorts : std::uint8_t {
  none,
  some,  // each must be checked
  all
};

/// Immutable; any thread. Peers are checked as their client wrote them: every form of an IPv4
/// address gets the verdict of the IPv4 address.
class PeerPolicy {
 public:
  explicit PeerPolicy(const PeerSettings& settings);

  /// Whether the configuration lists it as one of the edge's.
  [[nodiscard]] bool is_own(const IpAddress& address) const;

  /// Over `transport`, udp or tcp. Of this edge's relayed addresses leased ports are always
  /// allowed, in every range, unless a rule denies them.
  [[nodiscard]] PeerPorts ports_of(const IpAddress& peer, PeerPlace place,
                                   Transport transport) const;

  enum class Verdict : std::uint8_t { denied, allowed, if_leased };
  /// The same for one port. if_leased: a relayed address to which no rule applies.
  [[nodiscard]] Verdict judge(const Endpoint& peer, PeerPlace place, Transport transport) const;

 private:
  [[nodiscard]] bool is_own_listener(const Endpoint& peer) const;

  AddressRules rules_;
  std::vector<IpAddress> own_addresses_;
  std::vector<Endpoint> own_listeners_;
};

}  // namespace avedge::turn
