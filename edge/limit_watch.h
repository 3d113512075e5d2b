// Logs limits that require an operator's action, which the counters of refusals alone do not
// announce.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "relay/core/clock.h"
#include "relay/core/counters.h"

namespace avedge::edge {

/// What became of a limit since it was last reported.
struct LimitReport {
  std::string_view event;
  std::uint64_t count = 0;
  std::string_view remedy;
};

/// Sans-I/O: is shown the counters every few seconds, and says what to log.
class LimitWatch {
 public:
  /// One limit is not reported more often than that.
  static constexpr std::chrono::seconds kInterval{60};

  /// `drops` are all that count, always the same ones.
  [[nodiscard]] std::vector<LimitReport> look(Time now, const std::vector<const Drops*>& drops);

 private:
  struct Seen {
    std::uint64_t reported = 0;
    Time next{};
  };
  static constexpr std::size_t kLimits = 3;
  std::array<Seen, kLimits> seen_{};
};

}  // namespace avedge::edge
