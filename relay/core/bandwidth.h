// How much an allocation, a user and the whole edge may relay.
#pragma once

#include <atomic>
#include <memory>

#include "relay/core/cache_line.h"
#include "relay/core/gcra.h"

namespace avedge {

/// Payload of both directions together.
struct Bandwidth {
  std::uint64_t kilobits_per_second = 0;  // 0: no limit

  [[nodiscard]] constexpr bool is_limited() const { return kilobits_per_second != 0; }
  [[nodiscard]] constexpr std::uint64_t bytes_per_second() const {
    return kilobits_per_second * 125;
  }
  friend bool operator==(const Bandwidth&, const Bandwidth&) = default;
};

/// As much as video sends at once for a picture that depends on no other.
inline constexpr std::chrono::milliseconds kBandwidthBurst{200};

/// The relay budget of all allocations of one user, or of the edge. Any thread deducts from it, in
/// chunk() bytes at a time.
class SharedBudget {
 public:
  /// `bandwidth` is limited.
  explicit SharedBudget(const Bandwidth& bandwidth)
      : pace_{bandwidth.bytes_per_second(), kBandwidthBurst},
        chunk_{bandwidth.bytes_per_second() / 100} {}

  /// Ten milliseconds' worth.
  [[nodiscard]] std::uint64_t chunk() const { return chunk_; }

  /// False, without a deduction, if the budget is used up. `bytes` below 2^24 or chunk().
  [[nodiscard]] bool take(Time now, std::uint64_t bytes) {
    Duration::rep paid = paid_.load(std::memory_order_relaxed);
    for (;;) {
      const Time paid_until{Duration{paid}};
      if (!pace_.admits(now, paid_until)) return false;
      const Duration::rep then = pace_.after(now, paid_until, bytes).time_since_epoch().count();
      if (paid_.compare_exchange_weak(paid, then, std::memory_order_relaxed)) return true;
    }
  }

 private:
  GcraRate pace_;
  std::uint64_t chunk_;
  alignas(kCacheLine) std::atomic<Duration::rep> paid_{0};  // workers write it: alone there
};

/// What the quota grants to a new allocation.
struct BandwidthGrant {
  Bandwidth allocation;
  std::shared_ptr<SharedBudget> user;  // null: no limit
  std::shared_ptr<SharedBudget> edge;  // null: no limit

  [[nodiscard]] bool is_limited() const {
    return allocation.is_limited() || user != nullptr || edge != nullptr;
  }
};

}  // namespace avedge
