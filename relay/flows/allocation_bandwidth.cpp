#include "relay/flows/allocation_bandwidth.h"

namespace avedge::relay {

bool LocalCredit::spend(Time now, std::uint64_t bytes) {
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

std::shared_ptr<LocalCredit> LocalCredits::of(const std::shared_ptr<SharedBudget>& budget) {
  if (budget == nullptr) return nullptr;
  if (shares_.size() >= clean_at_) {
    std::erase_if(shares_, [](const auto& entry) { return entry.second.expired(); });
    clean_at_ = std::max(clean_at_, 2 * shares_.size());
  }
  std::weak_ptr<LocalCredit>& known = shares_[budget.get()];
  std::shared_ptr<LocalCredit> share = known.lock();
  if (share == nullptr) {
    share = std::make_shared<LocalCredit>(budget);
    known = share;
  }
  return share;
}

AllocationBandwidth::AllocationBandwidth(const BandwidthGrant& grant, LocalCredits& shares)
    : user_{shares.of(grant.user)}, edge_{shares.of(grant.edge)} {
  if (grant.allocation.is_limited()) {
    own_.emplace(GcraRate{grant.allocation.bytes_per_second(), kBandwidthBurst});
  }
}

/// The narrowest first: what an allocation may not send costs its user nothing, and what a user may
/// not send costs the others nothing.
bool AllocationBandwidth::spend(Time now, std::uint64_t bytes) {
  return (!own_ || own_->spend(now, bytes)) && (user_ == nullptr || user_->spend(now, bytes)) &&
         (edge_ == nullptr || edge_->spend(now, bytes));
}

}  // namespace avedge::relay
