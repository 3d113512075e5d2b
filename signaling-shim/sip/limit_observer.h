// Is notified when a limit refuses or evicts unproven sources: the log, for the operator.
#pragma once

#include <string_view>

#include "relay/core/endpoint.h"
#include "signaling-shim/sip/standing.h"

namespace avedge::sip {

struct LimitEvent {
  enum class Outcome : std::uint8_t { refused, evicted };
  ConnectionLimit limit{};
  std::string_view interface;  // valid during the call only
  /// Of the refused or evicted connection.
  IpAddress source;
  Outcome outcome{};
};

/// Signalling thread; must return at once. Called for each connection, so it limits its own rate.
class LimitObserver {
 public:
  virtual ~LimitObserver() = default;
  virtual void on_limit(const LimitEvent& event) = 0;
};

}  // namespace avedge::sip
