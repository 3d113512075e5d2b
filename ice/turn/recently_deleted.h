// Deletions that a client may not have heard of: the answer to Refresh with lifetime 0 can be lost,
// and when the request comes again its allocation is no more.
#pragma once

#include <cstdint>
#include <vector>

#include "ice/stun/message.h"
#include "relay/core/clock.h"
#include "relay/core/endpoint.h"

namespace avedge::turn {

/// RFC 8489 §6.2.1: 39.5 seconds after its first transmission a client gives a request up.
inline constexpr std::chrono::seconds kTransactionLifetime{40};

/// One worker's. Of constant size: the oldest deletion makes room for the newest.
class RecentlyDeleted {
 public:
  void remember(Time now, const FiveTuple& five_tuple, const stun::TransactionId& transaction);
  /// Whether this very request has deleted something, not long ago.
  [[nodiscard]] bool contains(Time now, const FiveTuple& five_tuple,
                              const stun::TransactionId& transaction) const;

 private:
  static constexpr std::size_t kCapacity = 512;

  struct Deletion {
    FiveTuple five_tuple;
    stun::TransactionId transaction;
    Time at{};
  };

  std::vector<Deletion> ring_;
  std::size_t oldest_ = 0;
};

}  // namespace avedge::turn
