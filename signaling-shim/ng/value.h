// What a message of the ng protocol is made of, in either of its encodings: byte strings, integers,
// lists and dictionaries.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace avedge::ng {

// Limits of what is read from the network; what clients send is far below them.

/// Bytes of one message, cookie included. A session description has at most half of that.
inline constexpr std::size_t kMaxMessage = 131'072;
/// Lists and dictionaries inside each other.
inline constexpr std::size_t kMaxDepth = 8;
/// Values of one message, keys not counted.
inline constexpr std::size_t kMaxValues = 2048;

/// A tree of values. Dictionaries keep the order of their entries; of equal keys the first counts.
class Value {
 public:
  using List = std::vector<Value>;
  using Entry = std::pair<std::string, Value>;
  using Dictionary = std::vector<Entry>;

  Value() = default;
  // Implicit: what a reply says is written as texts, numbers, lists and dictionaries.
  Value(std::string text) : content_{std::move(text)} {}
  Value(std::string_view text) : content_{std::string{text}} {}
  Value(const char* text) : content_{std::string{text}} {}
  template <std::integral Number>
  Value(Number number) : content_{static_cast<std::int64_t>(number)} {}
  Value(List list) : content_{std::move(list)} {}
  Value(Dictionary dictionary) : content_{std::move(dictionary)} {}

  /// Null if it is something else.
  [[nodiscard]] const std::string* text() const { return std::get_if<std::string>(&content_); }
  [[nodiscard]] const std::int64_t* number() const { return std::get_if<std::int64_t>(&content_); }
  [[nodiscard]] const List* list() const { return std::get_if<List>(&content_); }
  [[nodiscard]] const Dictionary* dictionary() const { return std::get_if<Dictionary>(&content_); }

  /// The entry of that key; null if there is none, or if this is no dictionary.
  [[nodiscard]] const Value* find(std::string_view key) const;

  friend bool operator==(const Value&, const Value&) = default;

 private:
  std::variant<std::string, std::int64_t, List, Dictionary> content_;
};

}  // namespace avedge::ng
