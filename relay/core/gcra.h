// How fast something may go in the long run (the generic cell rate algorithm: one moment in time is
// all there is to remember, and an idle time needs no timer to refill anything).
#pragma once

#include <algorithm>
#include <cstdint>

#include "relay/core/clock.h"

namespace avedge {

/// A rate, and how far ahead of it one may be. The state that goes with it is the moment when all
/// that was spent so far is paid for.
class GcraRate {
 public:
  /// `per_second` is above 0 and below 2^40.
  constexpr GcraRate(std::uint64_t per_second, Duration burst)
      : cost_{(std::uint64_t{1'000'000'000} << kFraction) / per_second}, burst_{burst} {}

  /// Whether more may be spent. The last one in may go into debt, so that a single amount that is
  /// greater than the burst passes too.
  [[nodiscard]] constexpr bool admits(Time now, Time paid) const { return paid <= now + burst_; }

  /// When everything is paid for once `amount` (below 2^24) is spent on top.
  [[nodiscard]] constexpr Time after(Time now, Time paid, std::uint64_t amount) const {
    return std::max(now, paid) + Duration{static_cast<Duration::rep>(amount * cost_ >> kFraction)};
  }

 private:
  /// Bits below a nanosecond: at 100 Gbit/s a byte costs less than a tenth of one.
  static constexpr int kFraction = 10;

  std::uint64_t cost_;
  Duration burst_;
};

/// What one thread may spend.
class GcraBudget {
 public:
  explicit GcraBudget(const GcraRate& pace) : pace_{pace} {}

  /// False, and nothing is spent, if that would be too fast.
  [[nodiscard]] bool spend(Time now, std::uint64_t amount) {
    if (!pace_.admits(now, paid_)) return false;
    paid_ = pace_.after(now, paid_, amount);
    return true;
  }

 private:
  GcraRate pace_;
  Time paid_{};
};

}  // namespace avedge
