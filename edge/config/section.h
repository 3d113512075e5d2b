// One TOML table, read key by key. What a reader asks for is what a table may contain: every key
// that nobody asked for is reported as unknown, with the closest one that was.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "edge/config/problems.h"

namespace avedge::edge {

/// A value and where it stands.
template <class Value>
struct Located {
  Value value;
  Place place;
};

/// Lives no longer than the TOML document and the problems it was made with.
class Section {
 public:
  /// `place.key` is the table's own key, empty for the top level.
  Section(const toml::table& table, Place place, Problems& problems);

  // Each reader returns nothing if the key is absent, or if its value is of the wrong type or out
  // of bounds, which it has reported by then.
  std::optional<Located<std::string>> text(std::string_view key);
  std::optional<Located<std::int64_t>> integer(std::string_view key, std::int64_t least,
                                               std::int64_t most);
  std::optional<Located<bool>> boolean(std::string_view key);
  std::vector<Located<std::string>> texts(std::string_view key);
  std::optional<Section> section(std::string_view key);
  /// [[key]], or key = [{…}, {…}].
  std::vector<Section> sections(std::string_view key);
  /// Every key of this table with its text, for tables whose keys are data. All are known then.
  std::vector<std::pair<std::string, Located<std::string>>> all_texts();

  /// Overwrites `target`, a number or a duration in its own unit, if the key is there and within
  /// bounds.
  template <class Number>
  void read(std::string_view key, Number& target, std::int64_t least, std::int64_t most) {
    if (const auto number = integer(key, least, most)) {
      target = static_cast<Number>(number->value);
    }
  }

  /// A key of the contract that this version cannot honour: refused rather than ignored.
  void refuse_unsupported(std::string_view key);
  void refuse_missing(std::string_view key, std::string_view remedy);
  /// Call when every key has been asked for.
  void refuse_unknown();

  [[nodiscard]] bool has(std::string_view key) const { return table_->contains(key); }
  /// Where `key` stands, or where this table begins if it is absent.
  [[nodiscard]] Place place_of(std::string_view key) const;
  [[nodiscard]] const Place& place() const { return place_; }

 private:
  /// The node under `key`, which is known from now on.
  const toml::node* find(std::string_view key);
  const toml::array* find_array(std::string_view key, std::string_view remedy);
  std::optional<Located<std::string>> text_of(const toml::node& node, Place at);
  void refuse_type(const toml::node& node, const Place& at, std::string_view wanted);
  [[nodiscard]] std::string full_key(std::string_view key) const;

  const toml::table* table_;
  Place place_;
  Problems* problems_;
  std::vector<std::string> known_;
};

}  // namespace avedge::edge
