// The words of a line of SDP, between blanks. Everything is a view into the line, so that an edit
// can name the exact bytes.
#pragma once

#include <string_view>

#include "relay/core/text.h"

namespace avedge::candidate {

using text::equals_ignoring_case;
using text::kBlanks;
using text::parse_number;
using text::trimmed;

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
