// Stateless nonces: the time of issue, and a code over it and the client's address.
#pragma once

#include <array>
#include <string_view>

#include "relay/core/clock.h"
#include "relay/core/endpoint.h"

namespace avedge::turn {

/// Unpredictable and the same for the life of the process.
using NonceKey = std::array<std::byte, 32>;
[[nodiscard]] NonceKey random_nonce_key();

/// A nonce's announcement of its server's features (RFC 8489 §9.2 and §18.1).
struct SecurityFeatures {
  bool password_algorithms = false;
  bool username_anonymity = false;
  /// The offered algorithms: nonces of another offer are foreign.
  std::uint8_t offer = 0;
  [[nodiscard]] bool any() const { return password_algorithms || username_anonymity; }
};

/// 15 characters; 28 with the "nonce cookie" first, if there are features to announce.
class Nonce {
 public:
  [[nodiscard]] std::string_view text() const { return {characters_.data(), size_}; }
  void append(std::string_view text);

 private:
  std::array<char, 28> characters_;
  std::size_t size_ = 0;
};

enum class NonceState : std::uint8_t {
  fresh,
  stale,   // ours, but too old
  foreign  // invalid, another client's, or issued when other features were announced
};

/// Immutable; any thread.
class NonceGenerator {
 public:
  NonceGenerator(const NonceKey& key, Duration lifetime) : key_{key}, lifetime_{lifetime} {}

  /// For that client only: RFC 8489 §9.2.4 forbids one nonce for two addresses or ports.
  [[nodiscard]] Nonce issue(Time now, const Endpoint& client, SecurityFeatures features) const;
  /// Whether `nonce` was issued to that client with those features, and how long ago.
  [[nodiscard]] NonceState inspect(Time now, const Endpoint& client, SecurityFeatures features,
                                   std::string_view nonce) const;

 private:
  [[nodiscard]] Nonce make(std::uint32_t issued, const Endpoint& client,
                           SecurityFeatures features) const;

  NonceKey key_;
  Duration lifetime_;
};

}  // namespace avedge::turn
