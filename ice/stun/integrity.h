// Keys of STUN's two credential mechanisms, and the check of what they protect (RFC 8489 §9).
#pragma once

#include <array>
#include <string_view>

#include "ice/stun/stun_view.h"

namespace avedge::stun {

/// RFC 8489 §9.1.1: the key of the short-term mechanism is the password itself. It is expected in
/// the form that OpaqueString (RFC 8265) gives it; ICE passwords are ASCII and have it already.
/// Lives as long as `password`.
[[nodiscard]] inline ConstBytes short_term_key(std::string_view password) {
  return bytes_of(password);
}

using LongTermKey = std::array<std::byte, 16>;

/// RFC 8489 §9.2.2: MD5 over "user:realm:password".
[[nodiscard]] LongTermKey long_term_key(std::string_view user, std::string_view realm,
                                        std::string_view password);

/// Whether the message is protected by MESSAGE-INTEGRITY-SHA256 or MESSAGE-INTEGRITY at all.
[[nodiscard]] bool has_integrity(const StunView& message);

/// Whether the code that protects `message` was made with `key`. Of two codes the SHA-256 one
/// counts (§9.2.4), in full length: no usage of ours allows a truncated one (§14.6).
/// False without any code.
[[nodiscard]] bool verify_integrity(const StunView& message, ConstBytes key);

}  // namespace avedge::stun
