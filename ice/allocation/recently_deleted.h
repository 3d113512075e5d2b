// Recent deletions: the answer to Refresh with lifetime 0 can be lost, and the repeated request no
// longer finds its allocation.
#pragma once

#include <cstdint>
#include <vector>

#include "ice/allocation/request_id.h"
#include "relay/core/clock.h"
#include "relay/core/endpoint.h"

namespace avedge::turn {

/// RFC 8489 §6.2.1: a client gives up a request 39.5 seconds after its first transmission.
inline constexpr std::chrono::seconds kTransactionLifetime{40};

/// One per worker. Of constant size: the newest deletion replaces the oldest.
class RecentlyDeleted {
 public:
  void remember(Time now, const FiveTuple& five_tuple, const RequestId& request);
  /// Whether this same request has recently deleted something.
  [[nodiscard]] bool contains(Time now, const FiveTuple& five_tuple,
                              const RequestId& request) const;

 private:
  static constexpr std::size_t kCapacity = 512;

  struct Deletion {
    FiveTuple five_tuple;
    RequestId request;
    Time at{};
  };

  std::vector<Deletion> ring_;
  std::size_t oldest_ = 0;
};

}  // namespace avedge::turn
