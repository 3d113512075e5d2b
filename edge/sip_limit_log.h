// Logs when a limit of [sip.limits] refuses or evicts unproven connections, at most once a minute
// for each limit: an attack must not fill the log, and an operator must see it.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "relay/core/clock.h"
#include "signaling-shim/sip/limit_observer.h"

namespace avedge::edge {

/// Signalling thread only.
class SipLimitLog final : public sip::LimitObserver {
 public:
  /// What a line says.
  struct Line {
    std::string event;
    std::string interface;
    std::string source;             // the last one
    std::string limit;              // the key to raise
    std::uint64_t connections = 0;  // since the last line
  };

  void on_limit(const sip::LimitEvent& event) override;
  /// The line that is due; nothing if one was written less than a minute before `now`.
  [[nodiscard]] std::optional<Line> line_for(Time now, const sip::LimitEvent& event);

 private:
  struct Pending {
    std::optional<Time> written;
    std::uint64_t connections = 0;
  };
  std::array<Pending, 2 * sip::kConnectionLimitLabels.size()> pending_;  // refused, then evicted
};

}  // namespace avedge::edge
