// What every text protocol needs of ASCII: comparison without case, blanks, decimal numbers. All
// functions are total: they accept any byte, and read no locale.
#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <limits>
#include <optional>
#include <string_view>

namespace avedge::text {

/// What separates words of a line, and what surrounds a header value: a folded line's CRLF is
/// white space, too (RFC 3261 §25.1, LWS).
inline constexpr std::string_view kBlanks = " \t";
inline constexpr std::string_view kLinearWhiteSpace = " \t\r\n";

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool is_letter(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

constexpr bool same_letter(char left, char right) {
  return to_lower(left) == to_lower(right);
}
constexpr bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), same_letter);
}

/// `text` without `blanks` at either end. A view into `text`, also when nothing is left.
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = kBlanks) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// A decimal number that fills `text`: digits only, no sign, not above `most`.
template <std::unsigned_integral Number>
std::optional<Number> parse_number(std::string_view text,
                                   Number most = std::numeric_limits<Number>::max()) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || stopped != end || number > most) return std::nullopt;
  return number;
}

}  // namespace avedge::text
