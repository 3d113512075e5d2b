// Checks of peers, as clients name them.
#pragma once

#include <vector>

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// Whether the client may exchange packets with this peer, and its name in flows. Refused with 403
/// or 443.
[[nodiscard]] Answer<Peer> check_peer_policy(const ServerState& server,
                                             const Allocation& allocation, const Endpoint& written);
/// Whether this port of a checked peer may be reached, and may reach the client, now.
[[nodiscard]] bool may_exchange(const ServerState& server, const Allocation& allocation,
                                const Peer& peer);
/// The same for a peer as named in flows. No lock, no allocation.
[[nodiscard]] bool may_reach(const ServerState& server, const Endpoint& peer, Transport transport);
/// The transport between that allocation and its peers.
[[nodiscard]] Transport transport_of(const Allocation& allocation);

/// check_peer_policy() for the value of an XOR-PEER-ADDRESS; 400 if it is malformed.
[[nodiscard]] Answer<Peer> read_peer(const ServerState& server, const stun::StunView& message,
                                     const Allocation& allocation, ConstBytes value);
/// The same if the port matters: 400 without one, 403 if it must not be reached.
[[nodiscard]] Answer<Peer> read_exact_peer(const ServerState& server, const stun::StunView& message,
                                           const Allocation& allocation, ConstBytes value);
/// Every XOR-PEER-ADDRESS of the message, each address once, in no particular order. Each address
/// is checked separately, and one refused address refuses all (RFC 8656 §10.2).
[[nodiscard]] Answer<std::vector<Peer>> read_peers(const ServerState& server,
                                                   const stun::StunView& message,
                                                   const Allocation& allocation);

/// Revokes all grants for peers that the rules, or the addresses of this host, now forbid.
void enforce_peer_rules(ServerState& server, Outcome& outcome);
/// The same for an allocation from another worker, which may not have received them yet.
void enforce_peer_rules(ServerState& server, Allocation& allocation, Outcome& outcome);

}  // namespace avedge::turn
