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
    if (buckets_.size() >= sources_) return take(now, shared_, tokens);
    found = buckets_.emplace(key, Bucket{burst_, now}).first;
  }
  return take(now, found->second, tokens);
}

bool RateLimiter::take(Time now, Bucket& bucket, double tokens) const {
  const std::chrono::duration<double> passed = now - bucket.updated;
  bucket.tokens = std::min(burst_, bucket.tokens + passed.count() * per_second_);
  bucket.updated = now;
  if (bucket.tokens < tokens) return false;
  bucket.tokens -= tokens;
  return true;
}

/// A full bucket remembers nothing. Swept at most once a second: the sweep itself must not become
/// what a flood aims at.
void RateLimiter::forget_full_buckets(Time now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + kSweepInterval;
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    const std::chrono::duration<double> passed = now - it->second.updated;
    const bool full = it->second.tokens + passed.count() * per_second_ >= burst_;
    it = full ? buckets_.erase(it) : std::next(it);
  }
}

}  // namespace avedge::sip
