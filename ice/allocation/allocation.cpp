#include "ice/allocation/allocation.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "ice/allocation/allocation_flows.h"

namespace avedge::turn {
namespace {

constexpr std::size_t index_of(AddressFamily family) {
  return static_cast<std::size_t>(family);
}

}  // namespace

Allocation::Allocation(DeadlineQueue::Index index, State state, Outcome& outcome)
    : index_{index}, state_{std::move(state)} {
  assert(state_.relays[0] || state_.relays[1]);
  emit_all(outcome);
}

bool Allocation::belongs_to(const Identity& identity) const {
  if (identity.token_left) return state_.grant.token != nullptr;
  return state_.grant.token == nullptr && state_.grant.user == identity.user;
}

const Relay& Allocation::first_relay() const {
  const Relay* ipv4 = relay(AddressFamily::ipv4);
  return ipv4 != nullptr ? *ipv4 : *relay(AddressFamily::ipv6);
}

Time Allocation::expires() const {
  Time last = Time::min();
  for (const auto& relay : state_.relays) {
    if (relay) last = std::max(last, relay->expires);
  }
  return last;
}

Time Allocation::next_deadline() const {
  Time next = kNever;
  for (const auto& relay : state_.relays) {
    if (relay) next = std::min(next, relay->expires);
  }
  for (const Permission& permission : state_.permissions) next = std::min(next, permission.expires);
  for (const Channel& channel : state_.channels) next = std::min(next, channel.expires);
  return next;
}

bool Allocation::has_permission(const IpAddress& peer) const {
  return find_permission(peer) != nullptr;
}

const Permission* Allocation::find_permission(const IpAddress& peer) const {
  const auto& permissions = state_.permissions;
  const auto found = std::find_if(permissions.begin(), permissions.end(),
                                  [&](const Permission& p) { return p.peer == peer; });
  return found == permissions.end() ? nullptr : &*found;
}

ChannelField Allocation::channel_of(const Endpoint& peer) const {
  const auto& channels = state_.channels;
  const auto found = std::find_if(channels.begin(), channels.end(),
                                  [&](const Channel& c) { return c.peer.endpoint == peer; });
  return found == channels.end() ? kNoChannel : found->number;
}

bool Allocation::is_bound(ChannelField number) const {
  return std::any_of(state_.channels.begin(), state_.channels.end(),
                     [&](const Channel& c) { return c.number == number; });
}

void Allocation::refresh(AddressFamily family, Time expires, Outcome& outcome) {
  Relay& relay = *state_.relays[index_of(family)];
  const Time before = std::exchange(relay.expires, expires);
  emit(relay, outcome);
  // A flow ends with its own part or with the relayed address. Flows of parts that end before both
  // the old and the new end of the address stay unchanged.
  const Time earlier = std::min(before, expires);
  for (const Permission& permission : state_.permissions) {
    if (permission.peer.family() != family || permission.expires <= earlier) continue;
    emit(permission, outcome);
  }
  for (const Channel& channel : state_.channels) {
    if (channel.peer.endpoint.address.family() != family || channel.expires <= earlier) continue;
    emit(channel, outcome);
  }
}

void Allocation::permit(Time now, const Peer& peer, Outcome& outcome) {
  const IpAddress& address = peer.endpoint.address;
  auto& permissions = state_.permissions;
  auto permission = std::find_if(permissions.begin(), permissions.end(),
                                 [&](const Permission& p) { return p.peer == address; });
  if (permission == permissions.end()) {
    permission = permissions.insert(permission, {address, peer.judges_port, {}});
  }
  permission->judges_port = peer.judges_port;
  permission->expires = now + kPermissionLifetime;

  emit(*permission, outcome);
  for (const Channel& channel : state_.channels) {
    if (channel.peer.endpoint.address == address) emit(channel, outcome);
  }
}

void Allocation::bind(Time now, ChannelField number, const Peer& peer, Outcome& outcome) {
  auto& channels = state_.channels;
  auto channel = std::find_if(channels.begin(), channels.end(),
                              [&](const Channel& c) { return c.number == number; });
  if (channel == channels.end()) channel = channels.insert(channel, {peer, number, {}});
  assert(channel->peer.endpoint == peer.endpoint);
  channel->expires = now + kChannelLifetime;
  permit(now, peer, outcome);  // emits the channel's flows too
}

void Allocation::release_family(AddressFamily family, const FlowReader& flows, Outcome& outcome) {
  std::erase_if(state_.channels, [&](const Channel& channel) {
    const bool leaves = channel.peer.endpoint.address.family() == family;
    if (leaves) erase(channel, flows, outcome);
    return leaves;
  });
  std::erase_if(state_.permissions, [&](const Permission& permission) {
    const bool leaves = permission.peer.family() == family;
    if (leaves) erase(permission, flows, outcome);
    return leaves;
  });
  auto& relay = state_.relays[index_of(family)];
  erase(*relay, flows, outcome);
  outcome.close(relay->port.socket);
  relay.reset();
}

void Allocation::expire_parts(Time now, const FlowReader& flows, Outcome& outcome) {
  assert(!has_expired(now));
  for (const auto& relay : state_.relays) {
    if (relay && relay->expires <= now) release_family(relay->family(), flows, outcome);
  }
  // Channels first: each removes both its flows, and no flow's usage may be read twice.
  std::erase_if(state_.channels, [&](const Channel& channel) {
    const bool over = channel.expires <= now;
    if (over) erase(channel, flows, outcome);
    return over;
  });
  std::erase_if(state_.permissions, [&](const Permission& permission) {
    const bool over = permission.expires <= now;
    if (over) erase(permission, flows, outcome);
    return over;
  });
}

void Allocation::review(const PeerReview& judge, const FlowReader& flows, Outcome& outcome) {
  // Channels first: each removes both its flows, and no flow's usage may be read twice.
  std::erase_if(state_.channels, [&](Channel& channel) {
    const auto judged = judge(channel.peer.endpoint);
    if (!judged) erase(channel, flows, outcome);
    if (judged) channel.peer.judges_port = judged->judges_port;
    return !judged;
  });
  std::erase_if(state_.permissions, [&](Permission& permission) {
    const auto judged = judge({permission.peer, Port{}});
    if (!judged) erase(permission, flows, outcome);
    if (judged) permission.judges_port = judged->judges_port;
    return !judged;
  });
  for (const Permission& permission : state_.permissions) emit(permission, outcome);
  for (const Channel& channel : state_.channels) emit(channel, outcome);
}

Traffic Allocation::end(const FlowReader& flows, Outcome& outcome) {
  erase_all(flows, outcome);
  state_.channels.clear();
  state_.permissions.clear();
  for (const auto& relay : state_.relays) {
    if (relay) outcome.close(relay->port.socket);
  }
  return state_.past;
}

void Allocation::suspend(const FlowReader& flows, Outcome& outcome) {
  erase_all(flows, outcome);
  is_suspended_ = true;
}

void Allocation::resume(const ClientPath& client, Outcome& outcome) {
  assert(is_suspended_);
  is_suspended_ = false;
  state_.client = client;
  emit_all(outcome);
}

void Allocation::emit_all(Outcome& outcome) const {
  for (const auto& relay : state_.relays) {
    if (relay) emit(*relay, outcome);
  }
  for (const Permission& permission : state_.permissions) emit(permission, outcome);
  for (const Channel& channel : state_.channels) emit(channel, outcome);
}

void Allocation::emit(const Relay& relay, Outcome& outcome) const {
  if (has_flows()) outcome.upsert(send_flow(state_, relay));
}

void Allocation::emit(const Permission& permission, Outcome& outcome) const {
  if (has_flows()) outcome.upsert(permission_flow(state_, permission));
}

void Allocation::emit(const Channel& channel, Outcome& outcome) const {
  if (!has_flows()) return;
  outcome.upsert(channel_up_flow(state_, channel));
  if (const Permission* permission = find_permission(channel.peer.endpoint.address)) {
    outcome.upsert(channel_down_flow(state_, channel, *permission));
  }
}

void Allocation::erase_all(const FlowReader& flows, Outcome& outcome) {
  for (const Channel& channel : state_.channels) erase(channel, flows, outcome);
  for (const Permission& permission : state_.permissions) {
    // Not its channels' flows, which have been read and erased.
    erase(permission_flow(state_, permission).key, state_.past.down, flows, outcome);
  }
  for (const auto& relay : state_.relays) {
    if (relay) erase(*relay, flows, outcome);
  }
}

void Allocation::erase(const Relay& relay, const FlowReader& flows, Outcome& outcome) {
  erase(send_flow(state_, relay).key, state_.past.up, flows, outcome);
}

/// Without the permission, its channels' peers are blocked too; the channels stay bound.
void Allocation::erase(const Permission& permission, const FlowReader& flows, Outcome& outcome) {
  erase(permission_flow(state_, permission).key, state_.past.down, flows, outcome);
  for (const Channel& channel : state_.channels) {
    if (channel.peer.endpoint.address != permission.peer) continue;
    erase(channel_down_flow(state_, channel, permission).key, state_.past.down, flows, outcome);
  }
}

void Allocation::erase(const Channel& channel, const FlowReader& flows, Outcome& outcome) {
  const FlowSpec up = channel_up_flow(state_, channel);
  erase(up.key, state_.past.up, flows, outcome);
  erase({up.out_socket, channel.peer.endpoint, kNoChannel}, state_.past.down, flows, outcome);
}

void Allocation::erase(const FlowKey& key, FlowUsage& into, const FlowReader& flows,
                       Outcome& outcome) {
  if (!has_flows()) return;
  into += flows.usage(key);
  outcome.erase(key);
}

}  // namespace avedge::turn
