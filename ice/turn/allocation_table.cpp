#include "ice/turn/allocation_table.h"

#include <cassert>

#include "relay/core/random.h"

namespace avedge::turn {

AllocationTable::AllocationTable(std::size_t capacity)
    : capacity_{capacity}, by_five_tuple_{0, Hash{random_u64()}} {}

Allocation* AllocationTable::find(const FiveTuple& five_tuple) {
  const auto found = by_five_tuple_.find(five_tuple);
  return found == by_five_tuple_.end() ? nullptr : slots_[found->second].get();
}

Allocation& AllocationTable::open(Allocation::Grant grant, Outcome& outcome) {
  assert(!is_full());
  if (free_.empty()) {
    free_.push_back(static_cast<Index>(slots_.size()));
    slots_.emplace_back();
  }
  const Index index = free_.back();
  free_.pop_back();
  [[maybe_unused]] const bool is_new = by_five_tuple_.emplace(grant.five_tuple, index).second;
  assert(is_new);
  slots_[index] = std::make_unique<Allocation>(index, std::move(grant), outcome);
  reschedule(*slots_[index]);
  return *slots_[index];
}

void AllocationTable::remove(Allocation& allocation) {
  const Index index = allocation.index();
  deadlines_.remove(index);
  by_five_tuple_.erase(allocation.grant().five_tuple);
  slots_[index].reset();
  free_.push_back(index);
}

void AllocationTable::reschedule(const Allocation& allocation) {
  deadlines_.set(allocation.index(), allocation.next_deadline());
}

Allocation* AllocationTable::pop_due(Time now) {
  const auto index = deadlines_.pop_due(now);
  return index ? slots_[*index].get() : nullptr;
}

std::size_t AllocationTable::Hash::operator()(const FiveTuple& tuple) const {
  const std::uint64_t server =
      hash_of(tuple.server, seed + static_cast<std::uint64_t>(tuple.transport));
  return hash_of(tuple.client.endpoint, server);
}

}  // namespace avedge::turn
