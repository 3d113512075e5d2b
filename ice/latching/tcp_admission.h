// Admits connections to the TCP port signalled to one party of an anchored call: never the first to
// arrive. The rules are those of party.h, for connections.
#pragma once

#include "relay/core/media_path.h"

namespace avedge::latching {

/// Whether the party may be at `address`: it signalled it, or its SIP comes from there.
[[nodiscard]] bool may_connect_from(const TcpLeg& party, const IpAddress& address);

/// Whether anything that a connection brings could show it to be the party's.
[[nodiscard]] bool may_prove_itself(const TcpLeg& party);

/// Whether `first_frame` is an ICE check that only the party can have made. Never under `strict`.
[[nodiscard]] bool proves_itself(const TcpLeg& party, ConstBytes first_frame);

}  // namespace avedge::latching
