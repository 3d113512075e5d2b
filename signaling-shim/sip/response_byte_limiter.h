// Limits bytes sent to unproven sources: a host that forges an address must not make the edge send
// more there than it received.
#pragma once

#include "signaling-shim/sip/counters.h"
#include "signaling-shim/sip/rate_limiter.h"
#include "signaling-shim/sip/settings.h"
#include "signaling-shim/sip/sip_flow.h"

namespace avedge::sip {

class ResponseByteLimiter {
 public:
  ResponseByteLimiter(const Limits& limits, Counters& counters)
      : counters_{counters},
        beyond_{limits.answer_bytes_per_second, limits.answer_burst, limits.rate_limited_sources} {}

  /// Whether `response` may go to an unproven source. Deducts its bytes from `credit`, the bytes
  /// the source has sent, then from the small extra allowance of each source; false is counted.
  [[nodiscard]] bool admit(Time now, const Send& response, std::size_t& credit);

 private:
  Counters& counters_;
  RateLimiter beyond_;
};

}  // namespace avedge::sip
