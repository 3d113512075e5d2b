#include "ice/turn/peers.h"

#include <algorithm>

#include "ice/stun/attribute_values.h"
#include "relay/core/address_forms.h"

namespace avedge::turn {

using stun::Attribute;
using stun::AttributeType;

Answer<Peer> judge_peer(const Core& core, const Allocation& allocation, const Endpoint& written) {
  const IpAddress& address = written.address;
  if (allocation.relay(address.family()) == nullptr) return kPeerFamilyMismatch;
  const PeerPolicy& policy = core.rules->peers;
  if (const auto own = core.surroundings.ports.own_relay_address(address)) {
    if (!policy.allows_own_relay(address)) return kForbidden;
    return Peer{{*own, written.port}, true};
  }
  if (!policy.allows(address)) return kForbidden;
  if (is_ipv4_in_disguise(address)) return kPeerFamilyMismatch;
  return Peer{written, false};
}

void enforce_peer_rules(Core& core, Outcome& outcome) {
  const auto is_allowed = [&core](const Allocation& allocation, const IpAddress& peer) {
    const IpAddress written = core.surroundings.ports.advertised_address(peer);
    return judge_peer(core, allocation, {written, Port{}}).ok();
  };
  core.allocations.revoke(is_allowed, outcome);
}

Answer<Peer> read_peer(const Core& core, const stun::StunView& message,
                       const Allocation& allocation, ConstBytes value) {
  const auto written = stun::read_xor_address(value, message.transaction());
  if (!written) return kBadRequest;
  return judge_peer(core, allocation, *written);
}

Answer<std::vector<Peer>> read_peers(const Core& core, const stun::StunView& message,
                                     const Allocation& allocation) {
  std::vector<Peer> peers;
  for (const Attribute attribute : message) {
    if (attribute.type != AttributeType::xor_peer_address) continue;
    const auto peer = read_peer(core, message, allocation, attribute.value);
    if (!peer) return peer.reason();
    peers.push_back(*peer);
  }
  if (peers.empty()) return kBadRequest;

  const auto address = [](const Peer& peer) { return peer.endpoint.address; };
  std::sort(peers.begin(), peers.end(),
            [&](const Peer& a, const Peer& b) { return address(a) < address(b); });
  peers.erase(std::unique(peers.begin(), peers.end(),
                          [&](const Peer& a, const Peer& b) { return address(a) == address(b); }),
              peers.end());
  return peers;
}

}  // namespace avedge::turn
