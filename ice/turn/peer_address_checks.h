// Peers as clients name them, judged.
#pragma once

#include <vector>

#include "ice/turn/server_state.h"

namespace avedge::turn {

/// Whether the client may context packets with this peer, and what flows call it. Refused with 403
/// or 443.
[[nodiscard]] Answer<Peer> check_peer_policy(const ServerState& server,
                                             const Allocation& allocation, const Endpoint& written);
/// Whether this very port of a peer that was judged may be reached, and may reach the client, now.
[[nodiscard]] bool may_exchange(const ServerState& server, const Allocation& allocation,
                                const Peer& peer);
/// The same for a peer as flows call it. No lock, no allocation.
[[nodiscard]] bool may_reach(const ServerState& server, const Endpoint& peer, Transport transport);
/// How that allocation speaks to its peers.
[[nodiscard]] Transport transport_of(const Allocation& allocation);

/// check_peer_policy() for the value of an XOR-PEER-ADDRESS; 400 if it is malformed.
[[nodiscard]] Answer<Peer> read_peer(const ServerState& server, const stun::StunView& message,
                                     const Allocation& allocation, ConstBytes value);
/// The same for one whose port counts: 400 without one, 403 if it must not be reached.
[[nodiscard]] Answer<Peer> read_exact_peer(const ServerState& server, const stun::StunView& message,
                                           const Allocation& allocation, ConstBytes value);
/// Every XOR-PEER-ADDRESS of the message, each address once, in no particular order. Every address
/// is judged for itself, and one that is refused refuses all (RFC 8656 §10.2).
[[nodiscard]] Answer<std::vector<Peer>> read_peers(const ServerState& server,
                                                   const stun::StunView& message,
                                                   const Allocation& allocation);

/// Takes back whatever clients were granted about peers that the rules, or the addresses of this
/// host, now forbid.
void enforce_peer_rules(ServerState& server, Outcome& outcome);
/// The same for one that comes from another worker, which may not have heard of them yet.
void enforce_peer_rules(ServerState& server, Allocation& allocation, Outcome& outcome);

}  // namespace avedge::turn
