// How many allocations each user, each source address and the whole edge hold.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>

#include "relay/core/allocation_quota.h"

namespace avedge::relay {

/// 0 means "no limit of this kind".
struct AllocationQuotas {
  std::size_t per_user = 0;
  std::size_t per_source = 0;
  std::size_t total = 0;
};

struct BandwidthLimits {
  Bandwidth per_allocation;
  Bandwidth per_user;
  Bandwidth total;
};

/// Any thread; slow path only. Its tables hold one entry per live user and source, so they are
/// bounded by the number of allocations.
class SharedAllocationQuota final : public AllocationQuota {
 public:
  explicit SharedAllocationQuota(const AllocationQuotas& quotas,
                                 const BandwidthLimits& bandwidth = {});

  [[nodiscard]] Verdict<void> begin_allocation(std::string_view user,
                                               const IpAddress& source) override;
  void end_allocation(std::string_view user, const IpAddress& source) override;
  [[nodiscard]] Verdict<void> move_allocation(const IpAddress& from, const IpAddress& to) override;
  [[nodiscard]] std::size_t allocation_count() const override { return total_.load(); }
  [[nodiscard]] BandwidthGrant bandwidth_for(std::string_view user) override;
  /// From now on every begin_allocation() fails.
  void refuse_new() { refusing_.store(true, std::memory_order_relaxed); }

 private:
  /// Counts by name, in shards with a lock each.
  class Counts {
   public:
    /// False, and nothing is booked, if `name` already has `limit` (0: no limit).
    bool book(std::string_view name, std::size_t limit);
    void cancel(std::string_view name);
    /// The budget that everything booked under `name` shares; null if nothing is.
    [[nodiscard]] std::shared_ptr<SharedBudget> budget_of(std::string_view name,
                                                          const Bandwidth& bandwidth);

   private:
    struct Entry {
      std::size_t count = 0;
      std::shared_ptr<SharedBudget> budget;  // made when it is asked for
    };
    struct Shard {
      std::mutex mutex;
      std::unordered_map<std::string, Entry> entries;
    };
    Shard& shard_of(std::string_view name) {
      return shards_[std::hash<std::string_view>{}(name) % shards_.size()];
    }
    std::array<Shard, 16> shards_;
  };

  bool book_total();

  AllocationQuotas quotas_;
  BandwidthLimits bandwidth_;
  std::shared_ptr<SharedBudget> edge_budget_;
  Counts users_;
  Counts sources_;
  std::atomic<std::size_t> total_{0};
  std::atomic<bool> refusing_{false};
};

}  // namespace avedge::relay
