// FINGERPRINT: tells STUN from what else may share its port (RFC 8489 §14.7).
#pragma once

#include <cstdint>

#include "relay/core/bytes.h"

namespace avedge::stun {

inline constexpr std::size_t kFingerprintSize = 4;

/// The attribute's value for a message whose length field already counts the attribute.
/// `before` is everything in front of the attribute's header.
[[nodiscard]] std::uint32_t fingerprint_of(ConstBytes before);

}  // namespace avedge::stun
