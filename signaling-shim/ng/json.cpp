#include "signaling-shim/ng/json.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace avedge::ng::json {
namespace {

/// Told by the parser, token by token, so that a document is given up at the first value too many;
/// "false" makes the parser stop.
class Builder {
 public:
  bool null() { return add(Value{}); }
  bool boolean(bool value) { return add(Value{std::int64_t{value}}); }
  bool number_integer(std::int64_t value) { return add(Value{value}); }
  bool number_unsigned(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    return add(Value{static_cast<std::int64_t>(value)});
  }
  bool number_float(double, const std::string&) { return false; }
  bool string(std::string& text) { return add(Value{std::move(text)}); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool key(std::string& name) {
    open_.back().key = std::move(name);
    return true;
  }
  bool start_object(std::size_t) { return start(true); }
  bool end_object() { return end(Value{std::move(open_.back().dictionary)}); }
  bool start_array(std::size_t) { return start(false); }
  bool end_array() { return end(Value{std::move(open_.back().list)}); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) {
    return false;
  }

  Value take() { return std::move(document_); }

 private:
  struct Level {
    bool is_object = false;
    std::string key;
    Value::Dictionary dictionary;
    Value::List list;
  };

  bool start(bool is_object) {
    if (open_.size() > kMaxDepth || (open_.empty() && !is_object)) return false;
    open_.push_back({is_object, {}, {}, {}});
    return true;
  }

  bool end(Value whole) {
    open_.pop_back();
    if (!open_.empty()) return add(std::move(whole));
    document_ = std::move(whole);
    return true;
  }

  bool add(Value value) {
    if (open_.empty() || ++values_ > kMaxValues) return false;
    Level& level = open_.back();
    if (level.is_object) {
      level.dictionary.emplace_back(std::move(level.key), std::move(value));
    } else {
      level.list.push_back(std::move(value));
    }
    return true;
  }

  std::vector<Level> open_;
  std::size_t values_ = 0;
  Value document_;
};

nlohmann::ordered_json to_json(const Value& value) {
  if (const auto* text = value.text()) return *text;
  if (const auto* number = value.number()) return *number;
  if (const auto* list = value.list()) {
    auto array = nlohmann::ordered_json::array();
    for (const Value& item : *list) array.push_back(to_json(item));
    return array;
  }
  auto object = nlohmann::ordered_json::object();
  for (const auto& [key, item] : *value.dictionary()) object[key] = to_json(item);
  return object;
}

}  // namespace

Verdict<Value> decode(std::string_view bytes) {
  Builder builder;
  if (!nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &builder)) {
    return DropReason::ng_malformed;
  }
  return builder.take();
}

std::string encode(const Value& value) {
  constexpr int kOneLine = -1;
  return to_json(value).dump(kOneLine, ' ', false,
                             nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace avedge::ng::json
