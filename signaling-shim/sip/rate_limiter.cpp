#include "signaling-shim/sip/rate_limiter.h"

#include <algorithm>
#include <array>

namespace avedge::sip {
namespace {

constexpr std::chrono::seconds kSweepInterval{1};

}  // namespace

IpAddress network_of(const IpAddress& source) {
  if (source.is_v4()) return source;
  std::array<std::byte, 16> prefix{};
  std::copy_n(source.bytes().begin(), 8, prefix.begin());
  return IpAddress::v6(prefix);
}

bool RateLimiter::admit(Time now, const IpAddress& source, double tokens) {
  const IpAddress key = network_of(source);
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (buckets_.size() >= sources_) forget_full_buckets(now);
    if (buckets_.size() >= sources_) return shared_.take(now, refill_, tokens);
    found = buckets_.emplace(key, TokenBucket{now, refill_}).first;
  }
  return found->second.take(now, refill_, tokens);
}

/// Swept at most once a second: the sweep itself must not become the target of a flood.
void RateLimiter::forget_full_buckets(Time now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + kSweepInterval;
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    it = it->second.is_full(now, refill_) ? buckets_.erase(it) : std::next(it);
  }
}

}  // namespace avedge::sip
