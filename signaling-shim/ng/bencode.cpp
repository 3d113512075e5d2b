#include "signaling-shim/ng/bencode.h"

#include <charconv>

namespace avedge::ng::bencode {
namespace {

/// Calls itself for lists and dictionaries, kMaxDepth deep at most.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_{bytes} {}

  Verdict<Value> run() {
    if (!rest_.starts_with('d')) return DropReason::ng_malformed;
    auto value = read(0);
    if (value.ok() && !rest_.empty()) return DropReason::ng_malformed;
    return value;
  }

 private:
  Verdict<Value> read(std::size_t depth) {
    if (rest_.empty() || depth > kMaxDepth || ++values_ > kMaxValues) {
      return DropReason::ng_malformed;
    }
    switch (rest_.front()) {
      case 'i': return read_number();
      case 'l': return read_list(depth);
      case 'd': return read_dictionary(depth);
      default: break;
    }
    auto text = read_text();
    if (!text) return text.reason();
    return Value{*text};
  }

  Verdict<Value> read_number() {
    rest_.remove_prefix(1);
    const auto number = take_number<std::int64_t>('e');
    if (!number) return number.reason();
    return Value{*number};
  }

  Verdict<Value> read_list(std::size_t depth) {
    rest_.remove_prefix(1);
    Value::List list;
    while (!take_end()) {
      auto value = read(depth + 1);
      if (!value) return value;
      list.push_back(*std::move(value));
    }
    return Value{std::move(list)};
  }

  Verdict<Value> read_dictionary(std::size_t depth) {
    rest_.remove_prefix(1);
    Value::Dictionary dictionary;
    while (!take_end()) {
      const auto key = read_text();
      if (!key) return key.reason();
      auto value = read(depth + 1);
      if (!value) return value;
      dictionary.emplace_back(*key, *std::move(value));
    }
    return Value{std::move(dictionary)};
  }

  Verdict<std::string_view> read_text() {
    const auto size = take_number<std::size_t>(':');
    if (!size) return size.reason();
    if (*size > rest_.size()) return DropReason::ng_malformed;
    const std::string_view text = rest_.substr(0, *size);
    rest_.remove_prefix(*size);
    return text;
  }

  /// The digits in front of `end`, without leading zeros.
  template <class Number>
  Verdict<Number> take_number(char end) {
    Number number{};
    const char* const begin = rest_.data();
    const auto [stop, error] = std::from_chars(begin, begin + rest_.size(), number);
    const auto size = static_cast<std::size_t>(stop - begin);
    if (error != std::errc{} || size == rest_.size() || *stop != end) {
      return DropReason::ng_malformed;
    }
    const std::string_view digits = rest_.substr(rest_.front() == '-' ? 1 : 0);
    if (digits.front() == '0' && size > 1) return DropReason::ng_malformed;
    rest_.remove_prefix(size + 1);
    return number;
  }

  bool take_end() {
    if (!rest_.starts_with('e')) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
  std::size_t values_ = 0;
};

void append(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

void append(std::string& out, const Value& value) {
  if (const auto* text = value.text()) return append(out, std::string_view{*text});
  if (const auto* number = value.number()) {
    out += 'i' + std::to_string(*number) + 'e';
    return;
  }
  out += value.list() != nullptr ? 'l' : 'd';
  if (const auto* list = value.list()) {
    for (const Value& item : *list) append(out, item);
  } else {
    for (const auto& [key, item] : *value.dictionary()) {
      append(out, std::string_view{key});
      append(out, item);
    }
  }
  out += 'e';
}

}  // namespace

Verdict<Value> decode(std::string_view bytes) {
  return Decoder{bytes}.run();
}

std::string encode(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace avedge::ng::bencode
