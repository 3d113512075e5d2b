// Where the relay may send to. Everything that is not a public unicast address is denied unless
// the operator says otherwise: a relay that reaches loopback or the company's network is a hole.
// So is every address of the host itself, public or not: there listen its own services.
#pragma once

#include <vector>

#include "ice/turn/settings.h"
#include "relay/core/endpoint.h"

namespace avedge::turn {

/// Whose address a peer has.
enum class PeerPlace : std::uint8_t {
  elsewhere,
  this_host,  // the configuration names it, or the kernel has it
  relayed     // and it is one of this edge's relayed addresses
};

/// Which ports of a peer's address may be reached.
enum class PeerPorts : std::uint8_t {
  none,
  some,  // each is to be judged
  all
};

/// Immutable; any thread. Peers are judged as their client wrote them: every form of an IPv4
/// address gets the verdict of the IPv4 address.
class PeerPolicy {
 public:
  explicit PeerPolicy(const PeerSettings& settings);

  /// Whether the configuration names it as one of the edge's.
  [[nodiscard]] bool is_own(const IpAddress& address) const;

  /// Over `transport`, udp or tcp. Of this edge's relayed addresses some ports are always allowed,
  /// in every range, unless a rule denies them: those that are leased.
  [[nodiscard]] PeerPorts ports_of(const IpAddress& peer, PeerPlace place,
                                   Transport transport) const;

  enum class Verdict : std::uint8_t { denied, allowed, if_leased };
  /// The same for one port. if_leased: a relayed address, about which no rule says anything.
  [[nodiscard]] Verdict judge(const Endpoint& peer, PeerPlace place, Transport transport) const;

 private:
  [[nodiscard]] bool is_own_listener(const Endpoint& peer) const;

  AddressRules rules_;
  std::vector<IpAddress> own_addresses_;
  std::vector<Endpoint> own_listeners_;
};

}  // namespace avedge::turn
