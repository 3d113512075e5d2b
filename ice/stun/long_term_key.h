// Keys of the long-term credential mechanism (RFC 8489 §9.2), made of user, realm and password.
#pragma once

#include <cstdint>
#include <string_view>

#include "ice/stun/digest.h"

namespace avedge::stun {

/// RFC 8489 §18.5: how the key of the long-term mechanism is made of a password.
enum class PasswordAlgorithm : std::uint16_t { md5 = 1, sha256 = 2 };

using LongTermKey = Md5Code;
using LongTermKeySha256 = Sha256Code;

/// RFC 8489 §9.2.2 and §18.5.1.1: MD5 over "user:realm:password".
[[nodiscard]] LongTermKey long_term_key(std::string_view user, std::string_view realm,
                                        std::string_view password);
/// RFC 8489 §18.5.1.2: SHA-256 over "user:realm:password".
[[nodiscard]] LongTermKeySha256 long_term_key_sha256(std::string_view user, std::string_view realm,
                                                     std::string_view password);

/// RFC 8489 §14.4: what stands in USERHASH, SHA-256 over "user:realm".
using UserHash = Sha256Code;
[[nodiscard]] UserHash user_hash(std::string_view user, std::string_view realm);

}  // namespace avedge::stun
