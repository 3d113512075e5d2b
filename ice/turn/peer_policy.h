// Where the relay may send to. Everything that is not a public unicast address is denied unless
// the operator says otherwise: a relay that reaches loopback or the company's network is a hole.
#pragma once

#include <vector>

#include "ice/turn/settings.h"
#include "relay/core/endpoint.h"

namespace avedge::turn {

/// Immutable; any thread.
class PeerPolicy {
 public:
  explicit PeerPolicy(const PeerSettings& settings);

  /// Whether packets may be relayed to `peer`, an address as the client wrote it. Every form of an
  /// IPv4 address gets the verdict of the IPv4 address.
  [[nodiscard]] bool allows(const IpAddress& peer) const;
  /// The same for an address that is one of this edge's relayed addresses: relay to relay is
  /// allowed in every range unless a rule denies it. Which *ports* of it may be reached is for the
  /// forwarder to say, who knows the leased ones.
  [[nodiscard]] bool allows_own_relay(const IpAddress& peer) const;

 private:
  [[nodiscard]] std::optional<bool> ask_rules(const IpAddress& peer) const;

  PeerSettings settings_;
};

}  // namespace avedge::turn
