#include "ice/turn/recently_deleted.h"

#include <algorithm>

namespace avedge::turn {

void RecentlyDeleted::remember(Time now, const FiveTuple& five_tuple,
                               const stun::TransactionId& transaction) {
  const Deletion deletion{five_tuple, transaction, now};
  if (ring_.size() < kCapacity) {
    ring_.push_back(deletion);
    return;
  }
  ring_[oldest_] = deletion;
  oldest_ = (oldest_ + 1) % kCapacity;
}

bool RecentlyDeleted::contains(Time now, const FiveTuple& five_tuple,
                               const stun::TransactionId& transaction) const {
  return std::any_of(ring_.begin(), ring_.end(), [&](const Deletion& deletion) {
    return deletion.transaction == transaction && deletion.five_tuple == five_tuple &&
           now - deletion.at < kTransactionLifetime;
  });
}

}  // namespace avedge::turn
