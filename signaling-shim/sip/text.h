// SIP's characters (RFC 3261 §25.1). All functions are total: they accept any byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace avedge::sip {

/// Blank, tab, or a byte of a folded line's CRLF: all are white space inside a header value.
constexpr bool is_lws(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
/// A character of `token`: methods, header names, parameter names.
bool is_token_char(char c);
/// Not empty and only token characters.
bool is_token(std::string_view text);

std::string_view trim(std::string_view text);
/// ASCII case-insensitive, as header names, parameter names and host names compare.
bool iequals(std::string_view a, std::string_view b);
/// Digits only, no sign, not above `max`.
std::optional<std::uint32_t> parse_number(std::string_view digits, std::uint32_t max);
/// Position of the first `wanted` outside quoted strings and angle brackets, from `from` on; npos
/// if there is none. An unfinished quoted string or bracket extends to the end.
std::size_t find_outside_quotes(std::string_view text, char wanted, std::size_t from = 0);

}  // namespace avedge::sip
