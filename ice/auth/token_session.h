// What stays of an access token on an allocation.
#pragma once

#include <string>

#include "ice/auth/identity.h"
#include "relay/core/clock.h"

namespace avedge::turn {

/// Later requests on the same allocation may omit the token (RFC 7635 §7).
struct TokenSession {
  IntegrityKey mac_key;
  std::string key_id;
  Time expires{};
};

}  // namespace avedge::turn
