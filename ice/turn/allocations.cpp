#include "ice/turn/allocations.h"

#include <algorithm>

namespace avedge::turn {

Allocation* Allocations::find(Time now, const FiveTuple& five_tuple, Outcome& outcome) {
  return find_live(now, table_.find(five_tuple), outcome);
}

Allocation* Allocations::find(Time now, const Ticket& ticket, Outcome& outcome) {
  return find_live(now, table_.find(ticket), outcome);
}

Allocation* Allocations::find_by_relay(Time now, SocketId relay, Outcome& outcome) {
  return find_live(now, table_.find_by_relay(relay), outcome);
}

Allocation* Allocations::find_live(Time now, Allocation* allocation, Outcome& outcome) {
  return allocation != nullptr && prune_expired(now, *allocation, outcome) ? allocation : nullptr;
}

/// Applies an allocation's expired deadlines. False if it was removed.
bool Allocations::prune_expired(Time now, Allocation& allocation, Outcome& outcome) {
  if (allocation.has_expired(now)) {
    close(now, allocation, CloseReason::expired, outcome);
    return false;
  }
  if (allocation.next_deadline() <= now) {
    for (const auto family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
      const Relay* relay = allocation.relay(family);
      if (relay != nullptr && relay->expires <= now) table_.forget_relay(relay->port.socket);
    }
    allocation.expire_parts(now, dependencies_.flows, outcome);
  }
  reschedule(allocation);
  return true;
}

Allocation& Allocations::open(Allocation::State state, Outcome& outcome) {
  Allocation& allocation = take_over(std::move(state), outcome);
  dependencies_.counters.allocations_opened.add();
  dependencies_.observer.on_opened(describe(allocation.state()));
  return allocation;
}

Allocation& Allocations::take_over(Allocation::State state, Outcome& outcome) {
  outcome.set_auth_state(state.client.socket, AuthState::authenticated);
  limit_bandwidth(state, outcome);
  Allocation& allocation = table_.open(std::move(state), outcome);
  publish_count();
  return allocation;
}

/// A peer's TCP connection (RFC 6062) limits its own rate.
void Allocations::limit_bandwidth(const Allocation::State& state, Outcome& outcome) const {
  const BandwidthGrant granted = dependencies_.quota.bandwidth_for(state.grant.user);
  if (!granted.is_limited() || state.grant.kind == Allocation::Kind::tcp) return;
  std::array<SocketId, 2> relays{kNoSocket, kNoSocket};
  for (std::size_t family = 0; family < relays.size(); ++family) {
    if (state.relays[family]) relays[family] = state.relays[family]->port.socket;
  }
  outcome.limit_bandwidth(relays, granted);
}

void Allocations::close(Time now, Allocation& allocation, CloseReason reason, Outcome& outcome) {
  close_connections(allocation, outcome);
  const AllocationInfo info = describe(allocation.state());
  const Traffic traffic = allocation.end(dependencies_.flows, outcome);
  if (!allocation.is_suspended() && reason != CloseReason::connection_closed) {
    outcome.set_auth_state(allocation.client().socket, AuthState::unauthenticated);
  }
  dependencies_.quota.end_allocation(info.user, info.five_tuple.client.endpoint.address);
  dependencies_.observer.on_closed(info, reason, traffic, now - allocation.grant().opened);
  table_.remove(allocation);
  publish_count();
}

void Allocations::discard_in_transit(Time now, const Allocation::State& state, CloseReason reason) {
  const AllocationInfo info = describe(state);
  dependencies_.quota.end_allocation(info.user, info.five_tuple.client.endpoint.address);
  dependencies_.observer.on_closed(info, reason, state.past, now - state.grant.opened);
}

void Allocations::close_all(Time now, Outcome& outcome) {
  std::vector<DeadlineQueue::Index> open;
  table_.for_each([&](const Allocation& allocation) { open.push_back(allocation.index()); });
  for (const auto index : open) close(now, *table_.at(index), CloseReason::shutdown, outcome);
}

void Allocations::release_family(Allocation& allocation, AddressFamily family, Outcome& outcome) {
  table_.forget_relay(allocation.relay(family)->port.socket);
  allocation.release_family(family, dependencies_.flows, outcome);
  reschedule(allocation);
}

const Ticket& Allocations::issue_ticket(Allocation& allocation) {
  table_.set_ticket(allocation, Ticket::random(dependencies_.worker));
  return *allocation.ticket();
}

void Allocations::suspend(Allocation& allocation, Outcome& outcome) {
  if (allocation.is_suspended()) return;
  table_.forget_client(allocation);
  allocation.suspend(dependencies_.flows, outcome);
}

void Allocations::resume(Allocation& allocation, const ClientPath& client, Outcome& outcome) {
  allocation.resume(client, outcome);
  table_.learn_client(allocation);
  outcome.set_auth_state(client.socket, AuthState::authenticated);
}

Allocation::State Allocations::extract(Allocation& allocation) {
  Allocation::State state = table_.remove(allocation);
  publish_count();
  return state;
}

void Allocations::review(const PeerReview& judge_of, Outcome& outcome) {
  table_.for_each([&](Allocation& allocation) { review(allocation, judge_of, outcome); });
}

void Allocations::review(Allocation& allocation, const PeerReview& judge_of, Outcome& outcome) {
  const auto judge = [&](const Endpoint& peer) { return judge_of(allocation, peer); };
  allocation.review(judge, dependencies_.flows, outcome);
  for (const ConnectionId id : connections_.all_of(allocation.index())) {
    const PeerConnection* connection = connections_.find(id);
    if (judge(connection->peer)) continue;
    outcome.close(connection->socket);
    connections_.remove(id);
  }
  reschedule(allocation);
}

void Allocations::expire(Time now, Outcome& outcome) {
  while (const PeerConnection* connection = connections_.pop_due(now)) {
    outcome.close(connection->socket);
    connections_.remove(connection->id);
  }
  while (Allocation* allocation = table_.pop_due(now)) prune_expired(now, *allocation, outcome);
}

AllocationSlice Allocations::snapshot(std::size_t from, std::size_t most) const {
  AllocationSlice slice;
  const std::size_t end = std::min(table_.slot_count(), from + most);
  for (std::size_t slot = from; slot < end; ++slot) {
    const Allocation* allocation = table_.at(static_cast<AllocationTable::Index>(slot));
    if (allocation != nullptr) slice.allocations.push_back(AllocationSnapshot::of(*allocation));
  }
  if (end < table_.slot_count()) slice.next = end;
  return slice;
}

void Allocations::close_connections(const Allocation& allocation, Outcome& outcome) {
  while (const PeerConnection* connection = connections_.first_of(allocation.index())) {
    outcome.close(connection->socket);
    connections_.remove(connection->id);
  }
}

void Allocations::publish_count() {
  dependencies_.counters.allocations.set(static_cast<std::int64_t>(table_.size()));
}

}  // namespace avedge::turn
