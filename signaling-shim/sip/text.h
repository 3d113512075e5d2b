// SIP's characters (RFC 3261 §25.1). All functions are total: they accept any byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "relay/core/text.h"

namespace avedge::sip {

using text::equals_ignoring_case;
using text::is_digit;

/// Blank, tab, or a byte of a folded line's CRLF: all are white space inside a header value.
constexpr bool is_lws(char c) {
  return text::kLinearWhiteSpace.find(c) != std::string_view::npos;
}
/// A character of `token`: methods, header names, parameter names.
bool is_token_char(char c);
/// Not empty and only token characters.
bool is_token(std::string_view text);

/// Without white space at either end.
inline std::string_view trim(std::string_view text) {
  return text::trimmed(text, text::kLinearWhiteSpace);
}
/// Digits only, no sign, not above `most`.
inline std::optional<std::uint32_t> parse_number(std::string_view digits, std::uint32_t most) {
  return text::parse_number<std::uint32_t>(digits, most);
}
/// Position of the first `wanted` outside quoted strings and angle brackets, from `from` on; npos
/// if there is none. An unfinished quoted string or bracket extends to the end.
std::size_t find_outside_quotes(std::string_view text, char wanted, std::size_t from = 0);

}  // namespace avedge::sip
