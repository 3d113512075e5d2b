// Edits over a received text, gathered in any order and carried out in one go: what nobody asked to
// change stays byte for byte. A signed or merely unusual message survives an edit list; it would
// not survive being parsed and written anew.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace avedge::text {

/// Places are named by views into the original, which must outlive the list. Edits must not
/// overlap; insertions at one place keep their order and stand before a replacement that starts
/// there. Not thread-safe.
class EditList {
 public:
  explicit EditList(std::string_view original) : original_{original} {}

  /// `span` (a view into the original, not empty) becomes `text`.
  void replace(std::string_view span, std::string text);
  void erase(std::string_view span) { replace(span, {}); }
  /// `span` may be empty, but must point into the original, or right behind it.
  void insert_before(std::string_view span, std::string text);
  void insert_after(std::string_view span, std::string text) {
    insert_before(span.substr(span.size()), std::move(text));
  }

  /// Whether emit() returns the original unchanged.
  [[nodiscard]] bool empty() const { return edits_.empty(); }
  [[nodiscard]] std::string_view original() const { return original_; }
  /// How many bytes `part` (a view into the original) grows by the edits inside it so far.
  [[nodiscard]] std::ptrdiff_t growth_of(std::string_view part) const;
  [[nodiscard]] std::string emit() const;

 private:
  struct Edit {
    std::size_t offset;
    std::size_t size;  // of the original's bytes that it replaces; 0 for an insertion
    std::string text;
  };

  void add(std::string_view span, std::string text);
  [[nodiscard]] std::size_t offset_of(std::string_view span) const;
  [[nodiscard]] std::vector<const Edit*> in_order() const;

  std::string_view original_;
  std::vector<Edit> edits_;
};

}  // namespace avedge::text
