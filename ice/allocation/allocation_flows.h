// The flows that an allocation consists of for the forwarder, in the framing of RFC 8656: for each
// relayed address, permission and channel. Pure functions.
#pragma once

#include "ice/allocation/allocation_state.h"

namespace avedge::turn {

/// From the client: Send indications through that relayed address.
[[nodiscard]] FlowSpec send_flow(const AllocationState& state, const Relay& relay);
/// From the peer's address, in Data indications.
[[nodiscard]] FlowSpec permission_flow(const AllocationState& state, const Permission& permission);
/// From the client, in ChannelData.
[[nodiscard]] FlowSpec channel_up_flow(const AllocationState& state, const Channel& channel);
/// From the channel's peer, in ChannelData. `permission` is that of its address.
[[nodiscard]] FlowSpec channel_down_flow(const AllocationState& state, const Channel& channel,
                                         const Permission& permission);

}  // namespace avedge::turn
