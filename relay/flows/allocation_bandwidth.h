// What one allocation may still relay: by itself, out of its user's budget, and out of the edge's.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "relay/core/bandwidth.h"

namespace avedge::relay {

/// Credit that a worker has taken out of a shared budget and spends on its own: the budget itself
/// is touched once for many packets. The worker's thread.
class LocalCredit {
 public:
  explicit LocalCredit(std::shared_ptr<SharedBudget> budget) : budget_{std::move(budget)} {}

  [[nodiscard]] bool spend(Time now, std::uint64_t bytes);

 private:
  /// An empty budget is not asked again for every packet of a flood.
  static constexpr std::chrono::milliseconds kPause{1};

  std::shared_ptr<SharedBudget> budget_;
  std::uint64_t credit_ = 0;
  Time ask_again_{};
};

/// One worker's share of each budget that its allocations spend from. One for a user and not for an
/// allocation: what many allocations had set aside would be missing elsewhere.
class LocalCredits {
 public:
  /// Null for a null budget, which has no limit.
  [[nodiscard]] std::shared_ptr<LocalCredit> of(const std::shared_ptr<SharedBudget>& budget);
  [[nodiscard]] std::size_t size() const { return shares_.size(); }

 private:
  std::map<const SharedBudget*, std::weak_ptr<LocalCredit>> shares_;
  std::size_t clean_at_ = 64;  // entries; unused ones are removed then
};

/// Belongs to the relay sockets, which the packets of both directions pass. The worker's thread.
class AllocationBandwidth {
 public:
  AllocationBandwidth(const BandwidthGrant& grant, LocalCredits& shares);

  /// False: drop it.
  [[nodiscard]] bool spend(Time now, std::uint64_t bytes);

 private:
  std::optional<GcraBudget> own_;
  std::shared_ptr<LocalCredit> user_;
  std::shared_ptr<LocalCredit> edge_;
};

}  // namespace avedge::relay
