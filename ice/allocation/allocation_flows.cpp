#include "ice/allocation/allocation_flows.h"

#include <algorithm>

namespace avedge::turn {

/// Send indications: the forwarder looks the peer up as a permission on the relay socket.
FlowSpec send_flow(const AllocationState& state, const Relay& relay) {
  FlowSpec flow;
  flow.key = {state.client.socket, state.client.five_tuple.client.endpoint,
              relay.family() == AddressFamily::ipv4 ? kSendIndicationIpv4 : kSendIndicationIpv6};
  flow.transform = Transform::unwrap_send_indication;
  flow.direction = Direction::client_to_peer;
  flow.out_socket = relay.port.socket;
  flow.valid_until = relay.expires;
  return flow;
}

/// From any port of the peer. Send indications find their peer by this flow, too.
FlowSpec permission_flow(const AllocationState& state, const Permission& permission) {
  const Relay& through = *state.relay(permission.peer.family());
  FlowSpec flow;
  flow.key = {through.port.socket, {permission.peer, Port{}}, kNoChannel};
  flow.transform = Transform::frame_data_indication;
  flow.direction = Direction::peer_to_client;
  flow.judges_port = permission.judges_port;
  flow.out_socket = state.client.socket;
  flow.destination = state.client.five_tuple.client.endpoint;
  flow.valid_until = std::min(through.expires, permission.expires);
  return flow;
}

FlowSpec channel_up_flow(const AllocationState& state, const Channel& channel) {
  const Relay& through = *state.relay(channel.peer.endpoint.address.family());
  FlowSpec flow;
  flow.key = {state.client.socket, state.client.five_tuple.client.endpoint, channel.number};
  flow.transform = Transform::strip_channel_header;
  flow.direction = Direction::client_to_peer;
  flow.judges_port = channel.peer.judges_port;
  flow.out_socket = through.port.socket;
  flow.destination = channel.peer.endpoint;
  flow.valid_until = std::min(through.expires, channel.expires);
  return flow;
}

/// RFC 8656 §11.3: the permission decides whether the peer's packets pass, the channel only how.
FlowSpec channel_down_flow(const AllocationState& state, const Channel& channel,
                           const Permission& permission) {
  const Relay& through = *state.relay(channel.peer.endpoint.address.family());
  FlowSpec flow;
  flow.key = {through.port.socket, channel.peer.endpoint, kNoChannel};
  flow.transform = Transform::frame_channel_data;
  flow.direction = Direction::peer_to_client;
  flow.channel = channel.number;
  flow.judges_port = channel.peer.judges_port;
  flow.out_socket = state.client.socket;
  flow.destination = state.client.five_tuple.client.endpoint;
  flow.valid_until = std::min(through.expires, permission.expires);
  flow.channel_until = channel.expires;
  return flow;
}

}  // namespace avedge::turn
