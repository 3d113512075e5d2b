// Bytes as operators write them down.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace avedge::edge {

/// Hexadecimal digits of either case, two a byte; nothing if it is anything else.
[[nodiscard]] std::optional<std::vector<std::byte>> decode_hex(std::string_view text);

/// Base64 (RFC 4648 §4) with its padding, on one line; nothing if it is anything else.
[[nodiscard]] std::optional<std::vector<std::byte>> decode_base64(std::string_view text);

}  // namespace avedge::edge
