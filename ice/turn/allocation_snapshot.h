// Allocations as values, for listing on another thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ice/turn/observer.h"

namespace avedge::turn {

/// Owns all its data: it may leave the worker's thread.
struct AllocationSnapshot {
  std::string user;
  FiveTuple five_tuple;
  Endpoint relayed;                      // as peers know it
  std::optional<Endpoint> relayed_ipv6;  // of a dual allocation
  Time expires;

  [[nodiscard]] static AllocationSnapshot of(const Allocation& allocation) {
    const AllocationInfo info = describe(allocation.state());
    return {std::string{info.user}, info.five_tuple, info.relayed, info.relayed_ipv6,
            allocation.expires()};
  }
};

/// A bounded part of a server's allocations, so that no packet waits for a long list.
struct AllocationSlice {
  std::vector<AllocationSnapshot> allocations;
  /// Where the next slice begins; nothing after the last one.
  std::optional<std::size_t> next;
};

}  // namespace avedge::turn
