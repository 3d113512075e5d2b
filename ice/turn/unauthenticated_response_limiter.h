// How often strangers get an answer. Whoever asks without credentials may have forged the source
// address, and every answer then hits somebody else: so answers per source prefix are limited.
#pragma once

#include <cstdint>
#include <vector>

#include "relay/core/clock.h"
#include "relay/core/endpoint.h"

namespace avedge::turn {

/// One worker's. A fixed number of token buckets, found by a seeded hash of the source's /24 or
/// /48: prefixes that meet in one bucket share it, so forging many sources never yields more
/// answers than the buckets hold together.
class UnauthenticatedResponseLimiter {
 public:
  UnauthenticatedResponseLimiter(std::uint32_t answers_per_second, std::uint32_t burst);

  /// Takes one answer from the budget of the source's prefix; false if it is used up.
  [[nodiscard]] bool take(Time now, const IpAddress& source);

 private:
  [[nodiscard]] std::size_t bucket_of(const IpAddress& source) const;

  /// A bucket is the moment at which it will be full again: each answer moves it by `interval_`,
  /// and it may lie no more than `window_` ahead.
  std::vector<Time> full_again_;
  Duration interval_;
  Duration window_;
  std::uint64_t seed_;
};

}  // namespace avedge::turn
