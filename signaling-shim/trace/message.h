// One SIP message on its way in or out, as the trace keeps it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "relay/core/endpoint.h"

namespace avedge::trace {

/// Civil time (UTC): traces are laid beside those of other machines.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

enum class Direction : std::uint8_t { incoming, outgoing };

struct Message {
  WallTime time;
  Direction direction = Direction::incoming;
  Transport transport = Transport::udp;
  Endpoint peer;
  /// Of the listener it came or goes by, and the interface that belongs to.
  Endpoint local;
  std::string interface;
  /// From start line to the end of the body.
  std::string text;
};

}  // namespace avedge::trace
