// What clients and parties send, byte by byte, before anything is counted.
#pragma once

#include <vector>

#include "bench/load/turn_client.h"
#include "relay/core/turn_framing.h"

namespace avedge::bench::guard {

using Message = std::vector<std::byte>;

/// 20 ms of G.711 with its header.
[[nodiscard]] Message rtp();
/// rtp() over that channel, or to that peer.
[[nodiscard]] Message channel_data(ChannelField channel);
[[nodiscard]] Message send_indication(const Endpoint& peer);

[[nodiscard]] Message binding();

// With the credentials and the nonce of the client.
[[nodiscard]] Message allocate(const TurnClient& client);
[[nodiscard]] Message refresh(const TurnClient& client);
/// A Refresh that ends the allocation.
[[nodiscard]] Message release(const TurnClient& client);

}  // namespace avedge::bench::guard
