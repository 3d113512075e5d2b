// The kernel's answers to RouteLookup, kept for a while: a call asks about the same few addresses
// again and again.
#pragma once

#include <map>
#include <optional>

#include "relay/core/clock.h"
#include "relay/core/route_lookup.h"
#include "relay/host/rtnetlink.h"

namespace avedge::relay {

/// The signalling thread.
class RouteDevices final : public RouteLookup {
 public:
  /// How long an answer is valid unless forget() is called.
  static constexpr std::chrono::seconds kLifetime{5};
  static constexpr std::size_t kMaxAnswers = 4096;

  [[nodiscard]] int device_towards(const IpAddress& from, const IpAddress& to,
                                   int bound_to) override;
  [[nodiscard]] int device_named(std::string_view name) override;
  /// Routes have changed.
  void forget() { answers_.clear(); }

 private:
  struct Answer {
    int device = 0;
    Time until;
  };
  [[nodiscard]] int ask(const RouteKey& key);

  std::optional<RtNetlinkQueries> kernel_;
  std::map<RouteKey, Answer> answers_;
};

}  // namespace avedge::relay
