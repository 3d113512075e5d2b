// The check of what a key protects (RFC 8489 §9).
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "ice/stun/hmac.h"
#include "ice/stun/stun_view.h"

namespace avedge::stun {

/// RFC 8489 §9.1.1: the key of the short-term mechanism is the password itself. It is expected in
/// the form that OpaqueString (RFC 8265) gives it; ICE passwords are ASCII and have it already.
/// Lives as long as `password`.
[[nodiscard]] inline ConstBytes short_term_key(std::string_view password) {
  return bytes_of(password);
}

/// The code that decides about a message: of two the SHA-256 one (§9.2.4). Nothing if the message
/// is not protected at all.
[[nodiscard]] std::optional<StunView::IntegrityKind> strongest_integrity(const StunView& message);

/// Whether the message is protected by MESSAGE-INTEGRITY-SHA256 or MESSAGE-INTEGRITY at all.
[[nodiscard]] bool has_integrity(const StunView& message);

/// Whether the code that decides about `message` was made with `key`, in full length: no usage of
/// ours allows a truncated one (§14.6). False without any code.
[[nodiscard]] bool verify_integrity(const StunView& message, ConstBytes key);

}  // namespace avedge::stun
