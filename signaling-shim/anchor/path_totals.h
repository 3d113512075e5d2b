// What the counters of a dialog's paths come to. Internal to anchor/.
#pragma once

#include <algorithm>

#include "signaling-shim/anchor/call_observer.h"

namespace avedge::anchor {

/// `slots`: a map whose values hold a path with its counters.
template <class Slots>
MediaTotals totals_of(const Slots& slots) {
  MediaTotals totals;
  for (const auto& [key, slot] : slots) {
    for (std::size_t way = 0; way < 2; ++way) {
      totals.packets[way] += slot.path.counters->packets[way].value();
      totals.bytes[way] += slot.path.counters->bytes[way].value();
    }
  }
  return totals;
}

template <class Slots>
Time last_activity_of(const Slots& slots) {
  std::int64_t latest = 0;
  for (const auto& [key, slot] : slots) {
    latest = std::max(latest, slot.path.counters->last_activity.value());
  }
  return Time{std::chrono::nanoseconds{latest}};
}

}  // namespace avedge::anchor
