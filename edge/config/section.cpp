#include "edge/config/section.h"

#include <algorithm>

#include "edge/config/did_you_mean.h"

namespace avedge::edge {
namespace {

/// TOML's names for what may stand on the right of an equals sign.
std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table: return "a table";
    case toml::node_type::array: return "an array";
    case toml::node_type::string: return "a string";
    case toml::node_type::integer: return "an integer";
    case toml::node_type::floating_point: return "a float";
    case toml::node_type::boolean: return "a boolean";
    default: return "a date or time";
  }
}

std::size_t line_of(const toml::source_region& source) {
  return std::max<std::size_t>(1, source.begin.line);
}

std::string listed(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

}  // namespace

Section::Section(const toml::table& table, Place place, Problems& problems)
    : table_{&table}, place_{std::move(place)}, problems_{&problems} {}

std::optional<Located<std::string>> Section::text(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  return text_of(*node, place_of(key));
}

std::optional<Located<std::int64_t>> Section::integer(std::string_view key, std::int64_t least,
                                                      std::int64_t most) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const Place at = place_of(key);
  if (!node->is_integer()) {
    refuse_type(*node, at, "an integer");
    return std::nullopt;
  }
  const std::int64_t value = node->as_integer()->get();
  if (value < least || value > most) {
    problems_->refuse(at, std::to_string(value) + " is out of bounds",
                      "use " + std::to_string(least) + " to " + std::to_string(most));
    return std::nullopt;
  }
  return Located<std::int64_t>{value, at};
}

std::optional<Located<bool>> Section::boolean(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const Place at = place_of(key);
  if (!node->is_boolean()) {
    refuse_type(*node, at, "true or false");
    return std::nullopt;
  }
  return Located<bool>{node->as_boolean()->get(), at};
}

std::vector<Located<std::string>> Section::texts(std::string_view key) {
  std::vector<Located<std::string>> values;
  const toml::array* array = find_array(key, "an array of strings");
  if (array == nullptr) return values;
  for (const toml::node& element : *array) {
    auto value = text_of(element, {line_of(element.source()), full_key(key)});
    if (value) values.push_back(std::move(*value));
  }
  return values;
}

std::optional<Section> Section::section(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const Place at{line_of(node->source()), full_key(key)};
  if (!node->is_table()) {
    refuse_type(*node, at, "a table, [" + at.key + "]");
    return std::nullopt;
  }
  return Section{*node->as_table(), at, *problems_};
}

std::vector<Section> Section::sections(std::string_view key) {
  std::vector<Section> values;
  const std::string wanted = "a list of tables, [[" + full_key(key) + "]]";
  const toml::array* array = find_array(key, wanted);
  if (array == nullptr) return values;
  for (const toml::node& element : *array) {
    const Place at{line_of(element.source()), full_key(key)};
    if (element.is_table()) {
      values.emplace_back(*element.as_table(), at, *problems_);
    } else {
      refuse_type(element, at, wanted);
    }
  }
  return values;
}

std::vector<std::string> Section::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, node] : *table_) keys.emplace_back(key.str());
  return keys;
}

bool Section::is_table(std::string_view key) const {
  const toml::node* node = table_->get(key);
  return node != nullptr && node->is_table();
}

void Section::read(std::string_view key, bool& target) {
  if (const auto value = boolean(key)) target = value->value;
}

void Section::refuse_unsupported(std::string_view key) {
  if (find(key) == nullptr) return;
  problems_->refuse(place_of(key), "not supported by this version", "remove it");
}

void Section::refuse_missing(std::string_view key, std::string_view remedy) {
  problems_->refuse({place_.line, full_key(key)}, "missing", remedy);
}

void Section::refuse_unknown() {
  for (const auto& [key, node] : *table_) {
    const std::string name{key.str()};
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    const std::string where = place_.key.empty() ? "top level" : "[" + place_.key + "]";
    const std::string_view meant = closest_word(name, known_);
    problems_->refuse(place_of(name), "unknown key '" + name + "' in " + where,
                      meant.empty() ? "keys here are " + listed(known_)
                                    : "did you mean '" + std::string{meant} + "'?");
  }
}

Place Section::place_of(std::string_view key) const {
  const auto entry = table_->find(key);
  if (entry == table_->end()) return {place_.line, full_key(key)};
  return {line_of(entry->first.source()), full_key(key)};
}

const toml::node* Section::find(std::string_view key) {
  known_.emplace_back(key);
  return table_->get(key);
}

const toml::array* Section::find_array(std::string_view key, std::string_view wanted) {
  const toml::node* node = find(key);
  if (node == nullptr) return nullptr;
  if (!node->is_array()) refuse_type(*node, place_of(key), wanted);
  return node->as_array();
}

std::optional<Located<std::string>> Section::text_of(const toml::node& node, Place at) {
  if (!node.is_string()) {
    refuse_type(node, at, "a string");
    return std::nullopt;
  }
  return Located<std::string>{node.as_string()->get(), std::move(at)};
}

void Section::refuse_type(const toml::node& node, const Place& at, std::string_view wanted) {
  problems_->refuse(at, "is " + std::string{type_name(node)}, "use " + std::string{wanted});
}

std::string Section::full_key(std::string_view key) const {
  return place_.key.empty() ? std::string{key} : place_.key + "." + std::string{key};
}

}  // namespace avedge::edge
