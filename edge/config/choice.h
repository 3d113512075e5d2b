// A word out of a fixed few.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "edge/config/did_you_mean.h"
#include "edge/config/section.h"

namespace avedge::edge {

template <class Value>
using Choice = std::pair<std::string_view, Value>;

/// "did you mean 'x'?" if one of `words` is close to `word`, or all that may stand here.
inline std::string suggestion(std::string_view word, const std::vector<std::string>& words) {
  const std::string_view meant = closest_word(word, words);
  if (!meant.empty()) return "did you mean '" + std::string{meant} + "'?";
  std::string list;
  for (const std::string& choice : words) list += (list.empty() ? "use " : ", ") + choice;
  return list;
}

/// The value that goes with `word`; reports a word that is none of `choices`.
template <class Value>
std::optional<Value> choose(const Located<std::string>& word,
                            std::span<const Choice<Value>> choices, Problems& problems) {
  std::vector<std::string> words;
  for (const auto& [name, value] : choices) {
    if (name == word.value) return value;
    words.emplace_back(name);
  }
  problems.refuse(word.place, "unknown value '" + word.value + "'", suggestion(word.value, words));
  return std::nullopt;
}

}  // namespace avedge::edge
