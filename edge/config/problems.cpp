#include "edge/config/problems.h"

#include <algorithm>

namespace avedge::edge {

void Problems::refuse(const Place& at, std::string_view what, std::string_view remedy) {
  refused_.push_back(entry(at, what, remedy));
}

void Problems::warn(const Place& at, std::string_view what, std::string_view remedy) {
  warned_.push_back(entry(at, what, remedy));
}

Error Problems::to_error() const {
  auto sorted = refused_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Entry& a, const Entry& b) { return a.line < b.line; });
  std::string message;
  for (const Entry& problem : sorted) {
    if (!message.empty()) message += '\n';
    message += problem.text;
  }
  return Error{std::move(message)};
}

std::vector<std::string> Problems::warnings() const {
  std::vector<std::string> texts;
  for (const Entry& warning : warned_) texts.push_back(warning.text);
  return texts;
}

Problems::Entry Problems::entry(const Place& at, std::string_view what,
                                std::string_view remedy) const {
  std::string text = file_ + ":" + std::to_string(at.line) + ": " + at.key + ": ";
  text.append(what).append("; ").append(remedy);
  return {at.line, std::move(text)};
}

}  // namespace avedge::edge
