#include "signaling-shim/sip/response_byte_limiter.h"

#include <algorithm>

namespace avedge::sip {

bool ResponseByteLimiter::admit(Time now, const Send& response, std::size_t& credit) {
  const std::size_t paid = std::min(credit, response.bytes.size());
  credit -= paid;
  const std::size_t beyond = response.bytes.size() - paid;
  if (beyond == 0) return true;
  if (beyond_.admit(now, response.to.remote.address, static_cast<double>(beyond))) return true;
  counters_.drops.count(DropReason::sip_answer_budget);
  return false;
}

}  // namespace avedge::sip
