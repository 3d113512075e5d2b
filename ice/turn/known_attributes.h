// The attributes that this server understands (RFC 8489 §6.3).
#pragma once

#include <vector>

#include "ice/stun/stun_view.h"

namespace avedge::turn {

/// The comprehension-required attributes of `message` that we do not know, at most 16. Attributes
/// that are known but not expected are ignored, so one list serves every method.
/// Those of RFC 5780 are known only where that is offered.
[[nodiscard]] std::vector<stun::AttributeType> unknown_attributes(const stun::StunView& message,
                                                                  bool offers_nat_discovery);

}  // namespace avedge::turn
