#include "ice/turn/allocation.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace avedge::turn {

Allocation::Allocation(DeadlineQueue::Index index, Grant grant, Outcome& outcome)
    : index_{index}, grant_{std::move(grant)} {
  outcome.upsert(send_flow());
}

Time Allocation::next_deadline() const {
  Time next = grant_.expires;
  for (const Permission& permission : permissions_) next = std::min(next, permission.expires);
  for (const Channel& channel : channels_) next = std::min(next, channel.expires);
  return next;
}

bool Allocation::has_permission(const IpAddress& peer) const {
  return find_permission(peer) != nullptr;
}

const Allocation::Permission* Allocation::find_permission(const IpAddress& peer) const {
  const auto found = std::find_if(permissions_.begin(), permissions_.end(),
                                  [&](const Permission& p) { return p.peer == peer; });
  return found == permissions_.end() ? nullptr : &*found;
}

ChannelField Allocation::channel_of(const Endpoint& peer) const {
  const auto found = std::find_if(channels_.begin(), channels_.end(),
                                  [&](const Channel& c) { return c.peer.endpoint == peer; });
  return found == channels_.end() ? kNoChannel : found->number;
}

bool Allocation::is_bound(ChannelField number) const {
  return std::any_of(channels_.begin(), channels_.end(),
                     [&](const Channel& c) { return c.number == number; });
}

void Allocation::refresh(Time expires, Outcome& outcome) {
  const Time before = std::exchange(grant_.expires, expires);
  outcome.upsert(send_flow());
  // A flow ends with its own part or with the allocation. Parts that end before both ends of the
  // allocation, the old and the new one, have flows that stay as they are.
  const Time earlier = std::min(before, expires);
  for (const Permission& permission : permissions_) {
    if (permission.expires > earlier) outcome.upsert(permission_flow(permission));
  }
  for (const Channel& channel : channels_) {
    if (channel.expires > earlier) emit(channel, outcome);
  }
}

void Allocation::permit(Time now, const Peer& peer, Outcome& outcome) {
  const IpAddress& address = peer.endpoint.address;
  auto permission = std::find_if(permissions_.begin(), permissions_.end(),
                                 [&](const Permission& p) { return p.peer == address; });
  if (permission == permissions_.end()) {
    permission = permissions_.insert(permission, {address, peer.is_own_relay, {}});
  }
  permission->expires = now + kPermissionLifetime;

  outcome.upsert(permission_flow(*permission));
  for (const Channel& channel : channels_) {
    if (channel.peer.endpoint.address == address) emit(channel, outcome);
  }
}

void Allocation::bind(Time now, ChannelField number, const Peer& peer, Outcome& outcome) {
  auto channel = std::find_if(channels_.begin(), channels_.end(),
                              [&](const Channel& c) { return c.number == number; });
  if (channel == channels_.end()) channel = channels_.insert(channel, {peer, number, {}});
  assert(channel->peer.endpoint == peer.endpoint);
  channel->expires = now + kChannelLifetime;
  permit(now, peer, outcome);  // emits the channel's flows too
}

void Allocation::retire(Time now, const FlowReader& flows, Outcome& outcome) {
  // Channels first: each takes both its flows along, and no flow's usage may be read twice.
  std::erase_if(channels_, [&](const Channel& channel) {
    const bool over = channel.expires <= now;
    if (over) erase(channel, flows, outcome);
    return over;
  });
  std::erase_if(permissions_, [&](const Permission& permission) {
    const bool over = permission.expires <= now;
    if (over) erase(permission, flows, outcome);
    return over;
  });
}

Traffic Allocation::end(const FlowReader& flows, Outcome& outcome) {
  for (const Channel& channel : channels_) erase(channel, flows, outcome);
  channels_.clear();
  for (const Permission& permission : permissions_) erase(permission, flows, outcome);
  permissions_.clear();
  erase(send_flow().key, past_.up, flows, outcome);
  outcome.close(grant_.relay.socket);
  return past_;
}

/// Send indications: the forwarder looks the peer up as a permission on the relay socket.
FlowSpec Allocation::send_flow() const {
  FlowSpec flow;
  flow.key = {grant_.listener, grant_.five_tuple.client.endpoint,
              family() == AddressFamily::ipv4 ? kSendIndicationIpv4 : kSendIndicationIpv6};
  flow.transform = Transform::unwrap_send_indication;
  flow.direction = Direction::client_to_peer;
  flow.out_socket = grant_.relay.socket;
  flow.valid_until = grant_.expires;
  return flow;
}

/// From any port of the peer. `destination_is_own_relay` is for the way back, which finds its peer
/// by this flow: a Send indication may only reach a port that is leased.
FlowSpec Allocation::permission_flow(const Permission& permission) const {
  FlowSpec flow;
  flow.key = {grant_.relay.socket, {permission.peer, Port{}}, kNoChannel};
  flow.transform = Transform::frame_data_indication;
  flow.direction = Direction::peer_to_client;
  flow.destination_is_own_relay = permission.peer_is_own_relay;
  flow.out_socket = grant_.listener;
  flow.destination = grant_.five_tuple.client.endpoint;
  flow.valid_until = std::min(grant_.expires, permission.expires);
  return flow;
}

FlowSpec Allocation::channel_up_flow(const Channel& channel) const {
  FlowSpec flow;
  flow.key = {grant_.listener, grant_.five_tuple.client.endpoint, channel.number};
  flow.transform = Transform::strip_channel_header;
  flow.direction = Direction::client_to_peer;
  flow.destination_is_own_relay = channel.peer.is_own_relay;
  flow.out_socket = grant_.relay.socket;
  flow.destination = channel.peer.endpoint;
  flow.valid_until = std::min(grant_.expires, channel.expires);
  return flow;
}

/// RFC 8656 §11.3: the permission decides whether the peer is heard, the channel only how.
FlowSpec Allocation::channel_down_flow(const Channel& channel, const Permission& permission) const {
  FlowSpec flow;
  flow.key = {grant_.relay.socket, channel.peer.endpoint, kNoChannel};
  flow.transform = Transform::frame_channel_data;
  flow.direction = Direction::peer_to_client;
  flow.channel = channel.number;
  flow.out_socket = grant_.listener;
  flow.destination = grant_.five_tuple.client.endpoint;
  flow.valid_until = std::min(grant_.expires, permission.expires);
  flow.channel_until = channel.expires;
  return flow;
}

void Allocation::emit(const Channel& channel, Outcome& outcome) const {
  outcome.upsert(channel_up_flow(channel));
  if (const Permission* permission = find_permission(channel.peer.endpoint.address)) {
    outcome.upsert(channel_down_flow(channel, *permission));
  }
}

/// With the permission, its channels' peers fall silent too; the channels stay bound.
void Allocation::erase(const Permission& permission, const FlowReader& flows, Outcome& outcome) {
  erase(permission_flow(permission).key, past_.down, flows, outcome);
  for (const Channel& channel : channels_) {
    if (channel.peer.endpoint.address != permission.peer) continue;
    erase(channel_down_flow(channel, permission).key, past_.down, flows, outcome);
  }
}

void Allocation::erase(const Channel& channel, const FlowReader& flows, Outcome& outcome) {
  erase(channel_up_flow(channel).key, past_.up, flows, outcome);
  erase({grant_.relay.socket, channel.peer.endpoint, kNoChannel}, past_.down, flows, outcome);
}

void Allocation::erase(const FlowKey& key, FlowUsage& into, const FlowReader& flows,
                       Outcome& outcome) {
  into += flows.usage(key);
  outcome.erase(key);
}

}  // namespace avedge::turn
