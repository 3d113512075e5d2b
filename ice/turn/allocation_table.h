// The allocations of one worker, by five-tuple and by the time at which they need attention.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "ice/turn/allocation.h"
#include "relay/core/deadline_queue.h"

namespace avedge::turn {

/// References to allocations are valid until they are removed.
class AllocationTable {
 public:
  explicit AllocationTable(std::size_t capacity);

  [[nodiscard]] bool is_full() const { return by_five_tuple_.size() >= capacity_; }
  [[nodiscard]] std::size_t size() const { return by_five_tuple_.size(); }
  /// Null if there is none.
  [[nodiscard]] Allocation* find(const FiveTuple& five_tuple);

  /// Only if not full, and if the five-tuple has none.
  Allocation& open(Allocation::Grant grant, Outcome& outcome);
  void remove(Allocation& allocation);

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& allocation : slots_) {
      if (allocation != nullptr) visit(*allocation);
    }
  }

  /// Takes note of a changed next_deadline().
  void reschedule(const Allocation& allocation);
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }
  /// An allocation that needs attention at `now`, or null. It has no deadline any more until it is
  /// rescheduled or removed.
  [[nodiscard]] Allocation* pop_due(Time now);

 private:
  using Index = DeadlineQueue::Index;
  /// Clients choose their ports, so the hash is seeded.
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const FiveTuple& tuple) const;
  };

  std::size_t capacity_;
  std::vector<std::unique_ptr<Allocation>> slots_;
  std::vector<Index> free_;
  std::unordered_map<FiveTuple, Index, Hash> by_five_tuple_;
  DeadlineQueue deadlines_;
};

}  // namespace avedge::turn
