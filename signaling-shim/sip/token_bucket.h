// A rate with a burst.
#pragma once

#include <algorithm>

#include "relay/core/clock.h"

namespace avedge::sip {

struct Refill {
  double per_second;
  double burst;
};

/// Each call receives the refill: thousands of buckets share one.
class TokenBucket {
 public:
  /// Starts full.
  TokenBucket(Time now, const Refill& refill) : tokens_{refill.burst}, updated_{now} {}

  [[nodiscard]] bool take(Time now, const Refill& refill, double tokens = 1) {
    tokens_ = tokens_at(now, refill);
    updated_ = now;
    if (tokens_ < tokens) return false;
    tokens_ -= tokens;
    return true;
  }
  /// How long until take() succeeds; zero: at once.
  [[nodiscard]] Duration until_next(Time now, const Refill& refill) const {
    const double missing = 1 - tokens_at(now, refill);
    if (missing <= 0) return {};
    return std::chrono::ceil<Duration>(std::chrono::duration<double>{missing / refill.per_second});
  }
  /// A full bucket holds no state.
  [[nodiscard]] bool is_full(Time now, const Refill& refill) const {
    return tokens_at(now, refill) >= refill.burst;
  }

 private:
  [[nodiscard]] double tokens_at(Time now, const Refill& refill) const {
    const std::chrono::duration<double> passed = now - updated_;
    return std::min(refill.burst, tokens_ + passed.count() * refill.per_second);
  }

  double tokens_;
  Time updated_;
};

}  // namespace avedge::sip
