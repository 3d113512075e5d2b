// Clients that have returned on this worker while their allocations are still on another (RFC
// 8016), with their pending handoffs.
#pragma once

#include <deque>
#include <map>
#include <utility>

#include "ice/allocation/allocation.h"
#include "ice/turn/refresh_order.h"
#include "ice/turn/response.h"

namespace avedge::turn {

struct PendingHandoff {
  Ticket ticket;
  ClientPath client;
  ResponseTarget target;
  RefreshOrder order;
};

/// One per worker. Of bounded size, and nothing in it waits longer than kPatience: a slower handoff
/// has failed.
class PendingHandoffs {
 public:
  static constexpr std::chrono::seconds kPatience{5};

  /// The pending handoff of the client with that five-tuple, or null.
  [[nodiscard]] PendingHandoff* find(const FiveTuple& five_tuple);
  /// False if too many wait already.
  [[nodiscard]] bool add(Time now, PendingHandoff move);
  /// Removes it; nothing if there is none.
  [[nodiscard]] std::optional<PendingHandoff> take(const FiveTuple& five_tuple);

  void expire(Time now);
  [[nodiscard]] Time next_deadline() const {
    return queue_.empty() ? kNever : queue_.front().first;
  }

 private:
  static constexpr std::size_t kCapacity = 1024;

  struct Entry {
    PendingHandoff move;
    Time deadline{};
  };
  std::map<FiveTuple, Entry> waiting_;
  /// In the order of their deadlines; entries that have left `waiting_` are skipped.
  std::deque<std::pair<Time, FiveTuple>> queue_;
};

}  // namespace avedge::turn
