// Ports in a row.
#pragma once

#include "relay/core/endpoint.h"

namespace avedge {

/// Both ends included.
struct PortRange {
  Port first;
  Port last;
  [[nodiscard]] bool contains(Port port) const { return first <= port && port <= last; }
  friend bool operator==(const PortRange&, const PortRange&) = default;
};

}  // namespace avedge
