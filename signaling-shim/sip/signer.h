// Keyed hashes over lists of fields: stateless branches and unforgeable tokens.
#pragma once

#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "relay/core/bytes.h"

namespace avedge::sip {

/// HMAC-SHA256 key.
using SigningKey = std::array<std::byte, 32>;

class Signer {
 public:
  explicit Signer(const SigningKey& key) : key_{key} {}

  /// Base64url of the hash's first `bytes` (at most 32) bytes. Fields are hashed with their
  /// lengths, so different lists of fields never have the same input.
  [[nodiscard]] std::string hash(std::initializer_list<std::string_view> fields,
                                 std::size_t bytes) const;
  /// `payload` and the hash over it and `context`, as base64url: token characters only.
  [[nodiscard]] std::string sign(std::string_view payload,
                                 std::initializer_list<std::string_view> context) const;
  /// The payload, if this key signed it in the same context. Compares in constant time.
  [[nodiscard]] std::optional<std::string> verify(
      std::string_view signed_text, std::initializer_list<std::string_view> context) const;

 private:
  using Digest = std::array<std::byte, 32>;
  [[nodiscard]] Digest digest(std::string_view first,
                              std::initializer_list<std::string_view> fields) const;

  SigningKey key_;
};

}  // namespace avedge::sip
