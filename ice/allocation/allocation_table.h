// The allocations of one worker, indexed by all their identifiers and by their next deadline.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "ice/allocation/allocation.h"
#include "relay/core/deadline_queue.h"

namespace avedge::turn {

/// References to allocations are valid until they are removed.
class AllocationTable {
 public:
  using Index = DeadlineQueue::Index;

  explicit AllocationTable(std::size_t capacity);

  [[nodiscard]] bool is_full() const { return size() >= capacity_; }
  [[nodiscard]] std::size_t size() const { return slots_.size() - free_.size(); }

  // Each returns null if there is none.

  [[nodiscard]] Allocation* find(const FiveTuple& five_tuple);
  [[nodiscard]] Allocation* find_by_relay(SocketId socket);
  [[nodiscard]] Allocation* find(const Ticket& ticket);
  [[nodiscard]] Allocation* at(Index index) { return slots_[index].get(); }
  [[nodiscard]] const Allocation* at(Index index) const { return slots_[index].get(); }

  /// Only if not full, and if the five-tuple has none.
  Allocation& open(Allocation::State state, Outcome& outcome);
  /// Its state; the reference is invalid afterwards.
  Allocation::State remove(Allocation& allocation);

  /// Removes the five-tuple, the ticket or a relay socket of an allocation before it changes, and
  /// adds the new one. Only for allocations in the table.
  void forget_client(const Allocation& allocation);
  void learn_client(const Allocation& allocation);
  void set_ticket(Allocation& allocation, const Ticket& ticket);
  void forget_relay(SocketId socket) { by_relay_.erase(socket); }

  /// One more than the highest index ever used; an allocation keeps its index.
  [[nodiscard]] std::size_t slot_count() const { return slots_.size(); }

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& allocation : slots_) {
      if (allocation != nullptr) visit(*allocation);
    }
  }

  /// Records a changed next_deadline().
  void reschedule(const Allocation& allocation);
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }
  /// An allocation that needs attention at `now`, or null. It has no deadline until it is
  /// rescheduled or removed.
  [[nodiscard]] Allocation* pop_due(Time now);

 private:
  /// Clients choose their ports, so the hash is seeded.
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(const FiveTuple& tuple) const;
  };

  std::size_t capacity_;
  std::vector<std::unique_ptr<Allocation>> slots_;
  std::vector<Index> free_;
  std::unordered_map<FiveTuple, Index, Hash> by_five_tuple_;  // all but the suspended ones
  std::unordered_map<SocketId, Index> by_relay_;
  std::unordered_map<Ticket, Index, TicketHash> by_ticket_;
  DeadlineQueue deadlines_;
};

}  // namespace avedge::turn
