// Token buckets, one per source address: a flood from one host must not affect the others.
#pragma once

#include <cstdint>
#include <map>

#include "relay/core/clock.h"
#include "relay/core/endpoint.h"
#include "signaling-shim/sip/token_bucket.h"

namespace avedge::sip {

/// What counts as one source: an IPv4 address, or an IPv6 /64, which a single host may use
/// entirely.
[[nodiscard]] IpAddress network_of(const IpAddress& source);

class RateLimiter {
 public:
  /// `sources` buckets at most. When all are in use, further sources share one last bucket, and
  /// many forged sources starve each other first.
  RateLimiter(double per_second, double burst, std::size_t sources)
      : refill_{per_second, burst}, sources_{sources}, shared_{{}, refill_} {}

  /// Consumes `tokens`. IPv6 counts per /64: the allocation of one site.
  [[nodiscard]] bool admit(Time now, const IpAddress& source, double tokens = 1);

 private:
  void forget_full_buckets(Time now);

  Refill refill_;
  std::size_t sources_;
  TokenBucket shared_;
  Time next_sweep_{};
  std::map<IpAddress, TokenBucket> buckets_;
};

}  // namespace avedge::sip
