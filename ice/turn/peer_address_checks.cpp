#include "ice/turn/peer_address_checks.h"

#include <algorithm>
#include <functional>

#include "ice/stun/attribute_values.h"
#include "relay/core/embedded_ipv4.h"

namespace avedge::turn {

using stun::Attribute;
using stun::AttributeType;

namespace {

PeerPlace place_of(const ServerState& server, const IpAddress& address) {
  const ServerDependencies& around = server.dependencies;
  if (around.ports.own_relay_address(address)) return PeerPlace::relayed;
  const bool is_here =
      server.rules->peers.is_own(address) || around.local_addresses->contain(address);
  return is_here ? PeerPlace::this_host : PeerPlace::elsewhere;
}

bool is_leased(const ServerState& server, const Endpoint& peer, Transport transport) {
  const ServerDependencies& around = server.dependencies;
  return transport == Transport::udp ? around.ports.is_leased(peer)
                                     : around.peer_connections->is_leased(peer);
}

/// The operator may have forgotten a rule.
Refusal refuse(const ServerState& server, const Allocation& allocation, const Endpoint& written) {
  if (place_of(server, written.address) != PeerPlace::elsewhere) {
    server.dependencies.observer.on_own_address_refused(describe(allocation.state()), written);
  }
  return kForbidden;
}

/// The result of the current rules for a granted peer; nothing if it is revoked.
std::optional<Peer> review(const ServerState& server, const Allocation& allocation,
                           const Endpoint& peer) {
  const IpAddress written = server.dependencies.ports.advertised_address(peer.address);
  const auto judged = check_peer_policy(server, allocation, {written, peer.port});
  if (!judged) return std::nullopt;
  // Each datagram is checked, a connection only once.
  const bool is_connection = allocation.is_tcp() && peer.port != Port{};
  if (is_connection && !may_exchange(server, allocation, *judged)) return std::nullopt;
  return *judged;
}

}  // namespace

Transport transport_of(const Allocation& allocation) {
  return allocation.is_tcp() ? Transport::tcp : Transport::udp;
}

bool may_reach(const ServerState& server, const Endpoint& peer, Transport transport) {
  using Verdict = PeerPolicy::Verdict;
  const PeerPolicy& policy = server.rules->peers;
  const PeerPlace place = place_of(server, peer.address);
  const IpAddress advertised = server.dependencies.ports.advertised_address(peer.address);
  Verdict verdict = policy.judge({advertised, peer.port}, place, transport);
  if (verdict == Verdict::if_leased) verdict = policy.judge(peer, place, transport);
  return verdict == Verdict::if_leased ? is_leased(server, peer, transport)
                                       : verdict == Verdict::allowed;
}

bool may_exchange(const ServerState& server, const Allocation& allocation, const Peer& peer) {
  return !peer.judges_port || may_reach(server, peer.endpoint, transport_of(allocation));
}

Answer<Peer> check_peer_policy(const ServerState& server, const Allocation& allocation,
                               const Endpoint& written) {
  const IpAddress& address = written.address;
  if (allocation.relay(address.family()) == nullptr) return kPeerFamilyMismatch;
  const PeerPlace place = place_of(server, address);
  const auto ports_of = [&](const IpAddress& name) {
    return server.rules->peers.ports_of(name, place, transport_of(allocation));
  };
  const PeerPorts ports = ports_of(address);
  if (ports == PeerPorts::none) return kForbidden;
  if (embeds_ipv4(address)) return kPeerFamilyMismatch;
  if (place != PeerPlace::relayed) return Peer{written, ports == PeerPorts::some};
  // A relayed address has two names behind 1:1 NAT; a rule may use either.
  const RelayPorts& relays = server.dependencies.ports;
  const IpAddress local = *relays.own_relay_address(address);
  for (const IpAddress& name : {local, relays.advertised_address(local)}) {
    if (ports_of(name) == PeerPorts::none) return kForbidden;
  }
  return Peer{{local, written.port}, true};
}

void enforce_peer_rules(ServerState& server, Outcome& outcome) {
  server.allocations.review(std::bind_front(review, std::cref(server)), outcome);
}

void enforce_peer_rules(ServerState& server, Allocation& allocation, Outcome& outcome) {
  server.allocations.review(allocation, std::bind_front(review, std::cref(server)), outcome);
}

Answer<Peer> read_peer(const ServerState& server, const stun::StunView& message,
                       const Allocation& allocation, ConstBytes value) {
  const auto written = stun::read_xor_address(value, message.transaction());
  if (!written) return kBadRequest;
  const auto peer = check_peer_policy(server, allocation, *written);
  if (!peer && peer.reason().reason == DropReason::peer_forbidden) {
    return refuse(server, allocation, *written);
  }
  return peer;
}

Answer<Peer> read_exact_peer(const ServerState& server, const stun::StunView& message,
                             const Allocation& allocation, ConstBytes value) {
  const auto peer = read_peer(server, message, allocation, value);
  if (!peer) return peer;
  // No datagram can be sent to port 0; in the flow table it represents a permission.
  if (peer->endpoint.port == Port{}) return kBadRequest;
  if (!may_exchange(server, allocation, *peer)) return refuse(server, allocation, peer->endpoint);
  return peer;
}

Answer<std::vector<Peer>> read_peers(const ServerState& server, const stun::StunView& message,
                                     const Allocation& allocation) {
  std::vector<Peer> peers;
  for (const Attribute attribute : message) {
    if (attribute.type != AttributeType::xor_peer_address) continue;
    const auto peer = read_peer(server, message, allocation, attribute.value);
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
