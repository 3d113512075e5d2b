#include "relay/allocation_bandwidth.h"

namespace avedge::relay {

bool BudgetShare::spend(Time now, std::uint64_t bytes) {
  if (budget_ == nullptr) return true;
  if (credit_ < bytes) {
    if (now < ask_again_) return false;
    const std::uint64_t wanted = std::max(bytes, budget_->chunk());
    if (!budget_->take(now, wanted)) {
      ask_again_ = now + kPause;
      return false;
    }
    credit_ += wanted;
  }
  credit_ -= bytes;
  return true;
}

AllocationBandwidth::AllocationBandwidth(const BandwidthGrant& grant)
    : user_{grant.user}, edge_{grant.edge} {
  if (grant.allocation.is_limited()) {
    own_.emplace(Pace{grant.allocation.bytes_per_second(), kBandwidthBurst});
  }
}

/// The narrowest first: what an allocation may not send costs its user nothing, and what a user may
/// not send costs the others nothing.
bool AllocationBandwidth::spend(Time now, std::uint64_t bytes, BudgetShare& edge) {
  if (own_ && !own_->spend(now, bytes)) return false;
  return user_.spend(now, bytes) && edge.spend(now, bytes);
}

}  // namespace avedge::relay
