// Nonces that need no memory: the time of issue, and a code over it and the client's address.
#pragma once

#include <array>
#include <string_view>

#include "relay/core/clock.h"
#include "relay/core/endpoint.h"

namespace avedge::turn {

/// Unpredictable and the same for the life of the process.
using NonceKey = std::array<std::byte, 32>;
[[nodiscard]] NonceKey random_nonce_key();

/// Hexadecimal, so it can never begin with the "nonce cookie" of RFC 8489 §9.2 and claim features
/// that the server does not have.
using Nonce = std::array<char, 24>;

/// Immutable; any thread.
class NonceMint {
 public:
  NonceMint(const NonceKey& key, Duration lifetime) : key_{key}, lifetime_{lifetime} {}

  /// For that client only: RFC 8489 §9.2.4 forbids one nonce for two addresses or ports.
  [[nodiscard]] Nonce issue(Time now, const Endpoint& client) const;
  /// Whether `nonce` was issued to that client, no longer ago than the lifetime.
  [[nodiscard]] bool is_fresh(Time now, const Endpoint& client, std::string_view nonce) const;

 private:
  [[nodiscard]] Nonce make(std::uint32_t issued, const Endpoint& client) const;

  NonceKey key_;
  Duration lifetime_;
};

}  // namespace avedge::turn
