#include "ice/allocation/recently_deleted.h"

#include <algorithm>

namespace avedge::turn {

void RecentlyDeleted::remember(Time now, const FiveTuple& five_tuple, const RequestId& request) {
  const Deletion deletion{five_tuple, request, now};
  if (ring_.size() < kCapacity) {
    ring_.push_back(deletion);
    return;
  }
  ring_[oldest_] = deletion;
  oldest_ = (oldest_ + 1) % kCapacity;
}

bool RecentlyDeleted::contains(Time now, const FiveTuple& five_tuple,
                               const RequestId& request) const {
  return std::any_of(ring_.begin(), ring_.end(), [&](const Deletion& deletion) {
    return deletion.request == request && deletion.five_tuple == five_tuple &&
           now - deletion.at < kTransactionLifetime;
  });
}

}  // namespace avedge::turn
