// The paths of one dialog, of either kind: those in force, and what their counters come to.
// Internal to anchor/.
#pragma once

#include <algorithm>
#include <map>
#include <memory>

#include "signaling-shim/anchor/call_observer.h"
#include "signaling-shim/anchor/party_ends.h"

namespace avedge::anchor {

/// Outlives its path's being in force, so that counters go on where a line comes back.
template <class Path>
struct PathSlot {
  Path path;
  bool is_live = false;
};

using PathKey = std::pair<std::size_t, Component>;  // m= line
template <class Path>
using PathSlots = std::map<PathKey, PathSlot<Path>>;

/// Puts the path in force; each time that it was not before, with a new id.
template <class Path>
void revive(PathSlot<Path>& slot, PathFactory& factory) {
  if (!slot.is_live) {
    slot.is_live = true;
    slot.path.id = MediaPathId{factory.next_id++};
    factory.counters.paths.add(1);
  }
  if (slot.path.counters == nullptr) slot.path.counters = std::make_shared<MediaPathCounters>();
}

/// False if the path was not in force.
template <class Path>
[[nodiscard]] bool retire(PathSlot<Path>& slot, PathFactory& factory) {
  if (!slot.is_live) return false;
  slot.is_live = false;
  factory.counters.paths.add(-1);
  return true;
}

template <class Path>
MediaTotals totals_of(const PathSlots<Path>& slots) {
  MediaTotals totals;
  for (const auto& [key, slot] : slots) {
    for (std::size_t way = 0; way < 2; ++way) {
      totals.packets[way] += slot.path.counters->packets[way].value();
      totals.bytes[way] += slot.path.counters->bytes[way].value();
      totals.reclaims[way] += slot.path.counters->reclaims[way].value();
    }
  }
  return totals;
}

template <class Path>
Time last_activity_of(const PathSlots<Path>& slots) {
  std::int64_t latest = 0;
  for (const auto& [key, slot] : slots) {
    latest = std::max(latest, slot.path.counters->last_activity.value());
  }
  return Time{std::chrono::nanoseconds{latest}};
}

}  // namespace avedge::anchor
