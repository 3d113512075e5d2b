// Limits answers to unauthenticated clients. A request without credentials may have a forged source
// address, and its answer then goes to another host: so answers per source prefix are limited.
#pragma once

#include <cstdint>
#include <vector>

#include "relay/core/clock.h"
#include "relay/core/endpoint.h"

namespace avedge::turn {

/// One per worker. A fixed number of token buckets, found by a seeded hash of the source's /24 or
/// /48: prefixes in the same bucket share it, so forging many sources never yields more answers
/// than all buckets hold.
class UnauthenticatedResponseLimiter {
 public:
  UnauthenticatedResponseLimiter(std::uint32_t answers_per_second, std::uint32_t burst);

  /// Deducts one answer from the budget of the source's prefix; false if it is used up.
  [[nodiscard]] bool take(Time now, const IpAddress& source);

 private:
  [[nodiscard]] std::size_t bucket_of(const IpAddress& source) const;

  /// A bucket is the time when it will be full again: each answer moves it by `interval_`, up to
  /// `window_` ahead.
  std::vector<Time> full_again_;
  Duration interval_;
  Duration window_;
  std::uint64_t seed_;
};

}  // namespace avedge::turn
