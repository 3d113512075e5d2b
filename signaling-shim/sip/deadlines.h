// Names and their deadlines.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "relay/core/clock.h"

namespace avedge::sip {

class Deadlines {
 public:
  /// One deadline per name: a later call replaces the earlier one.
  void set(const std::string& name, Time when) {
    erase(name);
    when_.emplace(name, when);
    queue_.emplace(when, name);
  }
  void erase(const std::string& name) {
    const auto found = when_.find(name);
    if (found == when_.end()) return;
    queue_.erase({found->second, name});
    when_.erase(found);
  }
  [[nodiscard]] Time next() const { return queue_.empty() ? kNever : queue_.begin()->first; }
  /// Removes and returns the earliest name that is due at `now`.
  std::optional<std::string> pop_due(Time now) {
    if (next() > now) return std::nullopt;
    std::string name = queue_.begin()->second;
    erase(name);
    return name;
  }

 private:
  std::unordered_map<std::string, Time> when_;
  std::set<std::pair<Time, std::string>> queue_;
};

}  // namespace avedge::sip
