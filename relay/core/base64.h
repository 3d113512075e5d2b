// Base64 (RFC 4648 §4) and base64url (§5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relay/core/bytes.h"

namespace avedge {

enum class Base64Form : std::uint8_t {
  padded,            // §4; decoding requires the padding
  optional_padding,  // §4; encoded without padding, decoded with or without it
  lenient,           // as optional_padding, but decoding ignores unused bits and extra padding
  url                // §5, without padding
};

/// Decodes `text` into the front of `into` and returns what was written, so that no copy of a
/// secret is left on the heap. Fails on a character outside the alphabet, on unused bits that are
/// not zero (RFC 4648 §3.5), and if `into` is too short; `into` may be partly written then.
[[nodiscard]] std::optional<Bytes> decode_base64(std::string_view text, Bytes into,
                                                 Base64Form form);

/// The bytes as a string; nothing where decode_base64() fails.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text, Base64Form form);

[[nodiscard]] std::string encode_base64(ConstBytes bytes, Base64Form form);

}  // namespace avedge
