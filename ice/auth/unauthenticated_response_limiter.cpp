#include "ice/auth/unauthenticated_response_limiter.h"

#include <algorithm>

#include "relay/core/prefix.h"
#include "relay/core/random.h"

namespace avedge::turn {
namespace {

constexpr std::size_t kBuckets = 4096;  // 32 KiB; a power of two
constexpr unsigned kIpv4PrefixLength = 24;
constexpr unsigned kIpv6PrefixLength = 48;

}  // namespace

UnauthenticatedResponseLimiter::UnauthenticatedResponseLimiter(std::uint32_t answers_per_second,
                                                               std::uint32_t burst)
    : full_again_(kBuckets),
      interval_{std::chrono::nanoseconds{std::chrono::seconds{1}} /
                std::max(answers_per_second, 1u)},
      window_{interval_ * std::max(burst, 1u)},
      seed_{random_u64()} {}

bool UnauthenticatedResponseLimiter::take(Time now, const IpAddress& source) {
  Time& full_again = full_again_[bucket_of(source)];
  const Time after = std::max(full_again, now) + interval_;
  if (after > now + window_) return false;
  full_again = after;
  return true;
}

std::size_t UnauthenticatedResponseLimiter::bucket_of(const IpAddress& source) const {
  const unsigned length = source.is_v4() ? kIpv4PrefixLength : kIpv6PrefixLength;
  const IpAddress prefix = Prefix::covering(source, length).address();
  return hash_of(Endpoint{prefix, Port{}}, seed_) % kBuckets;
}

}  // namespace avedge::turn
