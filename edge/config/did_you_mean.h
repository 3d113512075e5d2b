// "Did you mean …?" for misspelt words.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace avedge::edge {

/// The candidate closest to `word` by edits of one letter (swapped neighbours count as one), or
/// an empty view if none is close enough to be what was meant.
std::string_view closest_word(std::string_view word, std::span<const std::string> candidates);

}  // namespace avedge::edge
