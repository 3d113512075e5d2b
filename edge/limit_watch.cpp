#include "edge/limit_watch.h"

namespace avedge::edge {
namespace {

struct Limit {
  DropReason reason;
  std::string_view event;
  std::string_view remedy;
};

constexpr std::array<Limit, 3> kWatched{{
    {DropReason::descriptors_exhausted,
     "file descriptors are used up: ports and connections refused",
     "raise the hard limit of open files (LimitNOFILE)"},
    {DropReason::connection_limit, "connections refused: as many are open as may be",
     "raise turn.limits.connections, if these clients are welcome"},
    {DropReason::connection_evicted, "half-open connections closed to make room for others",
     "see avedge_client_connections; raise turn.limits.half_open_* if these clients are welcome"},
}};

std::uint64_t total(const std::vector<const Drops*>& drops, DropReason reason) {
  std::uint64_t count = 0;
  for (const Drops* counted : drops) count += counted->of(reason);
  return count;
}

}  // namespace

std::vector<LimitReport> LimitWatch::look(Time now, const std::vector<const Drops*>& drops) {
  static_assert(kWatched.size() == kLimits);
  std::vector<LimitReport> reports;
  for (std::size_t i = 0; i < kLimits; ++i) {
    const Limit& limit = kWatched[i];
    Seen& seen = seen_[i];
    const std::uint64_t count = total(drops, limit.reason);
    if (count == seen.reported || now < seen.next) continue;
    reports.push_back({limit.event, count - seen.reported, limit.remedy});
    seen = {count, now + kInterval};
  }
  return reports;
}

}  // namespace avedge::edge
