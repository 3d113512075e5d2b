// Which of many things is due next: a binary heap with one deadline for each small index, such as
// a slot of a table. Moving a deadline moves its entry, so memory is bounded by the indices in use
// and nothing stale is ever popped.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "relay/core/clock.h"

namespace avedge {

class DeadlineQueue {
 public:
  using Index = std::uint32_t;

  /// Sets or moves the deadline of `index`; kNever removes it. O(log n).
  void set(Index index, Time deadline) {
    if (deadline == kNever) return remove(index);
    if (index >= places_.size()) places_.resize(index + std::size_t{1}, kNowhere);
    std::size_t place = places_[index];
    if (place == kNowhere) {
      place = heap_.size();
      heap_.push_back({deadline, index});
      places_[index] = static_cast<std::uint32_t>(place);
    } else {
      heap_[place].deadline = deadline;
    }
    settle(place);
  }

  /// Forgets the deadline of `index`, if it has one. O(log n).
  void remove(Index index) {
    if (index >= places_.size() || places_[index] == kNowhere) return;
    const std::size_t place = places_[index];
    swap_places(place, heap_.size() - 1);
    heap_.pop_back();
    places_[index] = kNowhere;
    if (place < heap_.size()) settle(place);
  }

  /// The earliest deadline; kNever if there is none.
  [[nodiscard]] Time next() const { return heap_.empty() ? kNever : heap_.front().deadline; }

  /// Removes and returns an index whose deadline is not after `now`, earliest first.
  [[nodiscard]] std::optional<Index> pop_due(Time now) {
    if (heap_.empty() || heap_.front().deadline > now) return std::nullopt;
    const Index index = heap_.front().index;
    remove(index);
    return index;
  }

  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  struct Entry {
    Time deadline;
    Index index;
  };
  static constexpr std::uint32_t kNowhere = 0xffffffff;

  void settle(std::size_t place) {
    while (place > 0 && heap_[place].deadline < heap_[(place - 1) / 2].deadline) {
      swap_places(place, (place - 1) / 2);
      place = (place - 1) / 2;
    }
    for (;;) {
      std::size_t least = place;
      for (const std::size_t child : {2 * place + 1, 2 * place + 2}) {
        if (child < heap_.size() && heap_[child].deadline < heap_[least].deadline) least = child;
      }
      if (least == place) return;
      swap_places(place, least);
      place = least;
    }
  }

  void swap_places(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    places_[heap_[a].index] = static_cast<std::uint32_t>(a);
    places_[heap_[b].index] = static_cast<std::uint32_t>(b);
  }

  std::vector<Entry> heap_;
  std::vector<std::uint32_t> places_;  // of each index in the heap
};

}  // namespace avedge
