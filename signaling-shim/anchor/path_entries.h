// The paths of one dialog, of either kind: the active ones, and the totals of their counters.
// Internal to anchor/.
#pragma once

#include <algorithm>
#include <map>
#include <memory>

#include "signaling-shim/anchor/call_observer.h"
#include "signaling-shim/anchor/leg_builder.h"

namespace avedge::anchor {

/// Outlives its active path, so that counters continue when a line returns.
template <class Path>
struct PathEntry {
  Path path;
  bool is_live = false;
};

using PathKey = std::pair<std::size_t, Component>;  // m= line
template <class Path>
using PathEntries = std::map<PathKey, PathEntry<Path>>;

/// Activates the path; with a new id each time that it was inactive.
template <class Path>
void activate(PathEntry<Path>& entry, PathFactory& factory) {
  if (!entry.is_live) {
    entry.is_live = true;
    entry.path.id = MediaPathId{factory.next_id++};
    factory.counters.paths.add(1);
  }
  if (entry.path.counters == nullptr) entry.path.counters = std::make_shared<MediaPathCounters>();
}

/// False if the path was not active.
template <class Path>
[[nodiscard]] bool deactivate(PathEntry<Path>& entry, PathFactory& factory) {
  if (!entry.is_live) return false;
  entry.is_live = false;
  factory.counters.paths.add(-1);
  return true;
}

template <class Path>
MediaTotals totals_of(const PathEntries<Path>& entries) {
  MediaTotals totals;
  for (const auto& [key, entry] : entries) {
    for (std::size_t way = 0; way < 2; ++way) {
      totals.packets[way] += entry.path.counters->packets[way].value();
      totals.bytes[way] += entry.path.counters->bytes[way].value();
      totals.reclaims[way] += entry.path.counters->reclaims[way].value();
    }
  }
  return totals;
}

template <class Path>
Time last_activity_of(const PathEntries<Path>& entries) {
  std::int64_t latest = 0;
  for (const auto& [key, entry] : entries) {
    latest = std::max(latest, entry.path.counters->last_activity.value());
  }
  return Time{std::chrono::nanoseconds{latest}};
}

}  // namespace avedge::anchor
