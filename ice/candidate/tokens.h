// The little that every line of SDP needs: words between blanks, numbers, and comparison without
// case. Everything is a view into the line, so that an edit can name the exact bytes.
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace avedge::candidate {

inline constexpr std::string_view kBlanks = " \t";

/// `text` without blanks at either end.
inline std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return text.substr(text.size());
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

inline bool equals_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (lower(left[i]) != lower(right[i])) return false;
  }
  return true;
}

/// A decimal number without sign that fills `text`.
template <std::unsigned_integral Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

/// Takes words off the front of a line; any run of blanks separates them.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_{text} {}

  /// The next word; empty at the end of the line.
  std::string_view next() {
    const std::size_t first = rest_.find_first_not_of(kBlanks);
    rest_.remove_prefix(first == std::string_view::npos ? rest_.size() : first);
    const std::string_view word = rest_.substr(0, rest_.find_first_of(kBlanks));
    rest_.remove_prefix(word.size());
    return word;
  }
  /// What is left of the line, blanks in front of it included.
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace avedge::candidate
