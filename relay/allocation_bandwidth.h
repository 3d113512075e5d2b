// What one allocation may still relay: by itself, out of its user's budget, and out of the edge's.
#pragma once

#include <optional>
#include <utility>

#include "relay/core/bandwidth.h"

namespace avedge::relay {

/// Credit that a worker has taken out of a shared budget and spends on its own: the budget itself
/// is touched once for many packets. One thread.
class BudgetShare {
 public:
  BudgetShare() = default;
  /// Null: no limit.
  explicit BudgetShare(std::shared_ptr<SharedBudget> budget) : budget_{std::move(budget)} {}

  [[nodiscard]] bool spend(Time now, std::uint64_t bytes);
  [[nodiscard]] const std::shared_ptr<SharedBudget>& budget() const { return budget_; }

 private:
  /// An empty budget is not asked again for every packet of a flood.
  static constexpr std::chrono::milliseconds kPause{1};

  std::shared_ptr<SharedBudget> budget_;
  std::uint64_t credit_ = 0;
  Time ask_again_{};
};

/// Belongs to the relay socket, which the packets of both directions pass. The worker's thread.
class AllocationBandwidth {
 public:
  explicit AllocationBandwidth(const BandwidthGrant& grant);

  /// False: drop it. `edge` is the worker's share of edge().
  [[nodiscard]] bool spend(Time now, std::uint64_t bytes, BudgetShare& edge);
  /// Null: no limit.
  [[nodiscard]] const std::shared_ptr<SharedBudget>& edge() const { return edge_; }

 private:
  std::optional<PacedBudget> own_;
  BudgetShare user_;
  std::shared_ptr<SharedBudget> edge_;
};

}  // namespace avedge::relay
