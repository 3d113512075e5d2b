// How long a DNS answer is valid: c-ares does not report it for NAPTR and SRV.
#pragma once

#include <chrono>

#include "relay/core/bytes.h"

namespace avedge::sip {

/// The shortest TTL among the answer records of a whole DNS message (RFC 1035 §4.1); 0 if there are
/// none, or the message is broken.
[[nodiscard]] std::chrono::seconds shortest_ttl(ConstBytes message);

}  // namespace avedge::sip
