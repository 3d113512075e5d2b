#include "ice/allocation/allocation_table.h"

#include <cassert>

#include "relay/core/random.h"

namespace avedge::turn {

AllocationTable::AllocationTable(std::size_t capacity)
    : capacity_{capacity}, by_five_tuple_{0, Hash{random_u64()}} {}

Allocation* AllocationTable::find(const FiveTuple& five_tuple) {
  const auto found = by_five_tuple_.find(five_tuple);
  return found == by_five_tuple_.end() ? nullptr : at(found->second);
}

Allocation* AllocationTable::find_by_relay(SocketId socket) {
  const auto found = by_relay_.find(socket);
  return found == by_relay_.end() ? nullptr : at(found->second);
}

Allocation* AllocationTable::find(const Ticket& ticket) {
  const auto found = by_ticket_.find(ticket);
  return found == by_ticket_.end() ? nullptr : at(found->second);
}

Allocation& AllocationTable::open(Allocation::State state, Outcome& outcome) {
  assert(!is_full());
  if (free_.empty()) {
    free_.push_back(static_cast<Index>(slots_.size()));
    slots_.emplace_back();
  }
  const Index index = free_.back();
  free_.pop_back();
  slots_[index] = std::make_unique<Allocation>(index, std::move(state), outcome);
  Allocation& allocation = *slots_[index];
  learn_client(allocation);
  for (const auto family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    if (const Relay* relay = allocation.relay(family)) by_relay_[relay->port.socket] = index;
  }
  reschedule(allocation);
  return allocation;
}

Allocation::State AllocationTable::remove(Allocation& allocation) {
  const Index index = allocation.index();
  deadlines_.remove(index);
  if (!allocation.is_suspended()) forget_client(allocation);
  for (const auto family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    if (const Relay* relay = allocation.relay(family)) forget_relay(relay->port.socket);
  }
  if (allocation.ticket()) by_ticket_.erase(*allocation.ticket());
  Allocation::State state = allocation.extract();
  slots_[index].reset();
  free_.push_back(index);
  return state;
}

void AllocationTable::forget_client(const Allocation& allocation) {
  by_five_tuple_.erase(allocation.client().five_tuple);
}

void AllocationTable::learn_client(const Allocation& allocation) {
  [[maybe_unused]] const bool is_new =
      by_five_tuple_.emplace(allocation.client().five_tuple, allocation.index()).second;
  assert(is_new);
}

void AllocationTable::set_ticket(Allocation& allocation, const Ticket& ticket) {
  if (allocation.ticket()) by_ticket_.erase(*allocation.ticket());
  allocation.set_ticket(ticket);
  by_ticket_[ticket] = allocation.index();
}

void AllocationTable::reschedule(const Allocation& allocation) {
  deadlines_.set(allocation.index(), allocation.next_deadline());
}

Allocation* AllocationTable::pop_due(Time now) {
  const auto index = deadlines_.pop_due(now);
  return index ? at(*index) : nullptr;
}

std::size_t AllocationTable::Hash::operator()(const FiveTuple& tuple) const {
  const std::uint64_t server =
      hash_of(tuple.server, seed + static_cast<std::uint64_t>(tuple.transport));
  return hash_of(tuple.client.endpoint, server);
}

}  // namespace avedge::turn
