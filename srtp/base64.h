// Base64 (RFC 4648 §4) for keys in SDP: strict, into a caller's buffer, so that no copy of a secret
// is left behind on the heap.
#pragma once

#include <optional>
#include <string_view>

#include "relay/core/bytes.h"

namespace avedge::srtp {

/// Decodes `text` into the front of `into` and returns what was written. Padding may be complete or
/// missing (RFC 4568 §6.1 discards it); anything else outside the alphabet, unused bits that are
/// not zero, and more bytes than `into` holds give nothing. Then `into` may be partly written.
[[nodiscard]] std::optional<Bytes> decode_base64(std::string_view text, Bytes into);

}  // namespace avedge::srtp
