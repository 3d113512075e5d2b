// Peers as clients name them, judged.
#pragma once

#include <vector>

#include "ice/turn/core.h"

namespace avedge::turn {

/// Whether the client may exchange packets with this peer, and what flows call it. Refused with 403
/// or 443.
[[nodiscard]] Answer<Peer> judge_peer(const Core& core, const Allocation& allocation,
                                      const Endpoint& written);
/// The same for the value of an XOR-PEER-ADDRESS; 400 if it is malformed.
[[nodiscard]] Answer<Peer> read_peer(const Core& core, const stun::StunView& message,
                                     const Allocation& allocation, ConstBytes value);
/// Every XOR-PEER-ADDRESS of the message, each address once, in no particular order. Every address
/// is judged for itself, and one that is refused refuses all (RFC 8656 §10.2).
[[nodiscard]] Answer<std::vector<Peer>> read_peers(const Core& core, const stun::StunView& message,
                                                   const Allocation& allocation);

/// Takes back whatever clients were granted about peers that the rules of now forbid.
void enforce_peer_rules(Core& core, Outcome& outcome);

}  // namespace avedge::turn
