// How many allocations each user, each source address and the whole edge hold.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <unordered_map>

#include "relay/core/ledger.h"

namespace avedge::relay {

/// 0 means "no limit of this kind".
struct AllocationQuotas {
  std::size_t per_user = 0;
  std::size_t per_source = 0;
  std::size_t total = 0;
};

/// Any thread; slow path only. Its tables hold one entry per live user and source, so they are
/// bounded by the number of allocations.
class QuotaLedger final : public Ledger {
 public:
  explicit QuotaLedger(const AllocationQuotas& quotas) : quotas_{quotas} {}

  [[nodiscard]] Verdict<void> begin_allocation(std::string_view user,
                                               const IpAddress& source) override;
  void end_allocation(std::string_view user, const IpAddress& source) override;
  [[nodiscard]] Verdict<void> move_allocation(const IpAddress& from, const IpAddress& to) override;
  [[nodiscard]] std::size_t allocation_count() const override { return total_.load(); }
  /// From now on every begin_allocation() fails.
  void refuse_new() { refusing_.store(true, std::memory_order_relaxed); }

 private:
  /// Counts by name, in shards with a lock each.
  class Counts {
   public:
    /// False, and nothing is booked, if `name` already has `limit` (0: no limit).
    bool book(std::string_view name, std::size_t limit);
    void cancel(std::string_view name);

   private:
    struct Shard {
      std::mutex mutex;
      std::unordered_map<std::string, std::size_t> count;
    };
    Shard& shard_of(std::string_view name) {
      return shards_[std::hash<std::string_view>{}(name) % shards_.size()];
    }
    std::array<Shard, 16> shards_;
  };

  bool book_total();

  AllocationQuotas quotas_;
  Counts users_;
  Counts sources_;
  std::atomic<std::size_t> total_{0};
  std::atomic<bool> refusing_{false};
};

}  // namespace avedge::relay
