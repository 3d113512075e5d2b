// The actions of a Refresh request, as values: the request may have to wait for another worker.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "ice/turn/long_term_authenticator.h"

namespace avedge::turn {

struct RefreshOrder {
  /// One relayed address of a dual allocation; nothing: all there are.
  std::optional<AddressFamily> family;
  /// As granted; 0 deletes.
  std::chrono::seconds lifetime{};
  /// The answer brings a ticket too (RFC 8016).
  bool shows_ticket = false;
  /// If it came with an access token: the token's session from now on.
  std::unique_ptr<TokenSession> token;
};

}  // namespace avedge::turn
