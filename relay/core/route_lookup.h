// Which device of this host leads to an address. Asked by signalling, never by a worker.
#pragma once

#include <string_view>

#include "relay/core/endpoint.h"

namespace avedge {

class RouteLookup {
 public:
  virtual ~RouteLookup() = default;
  /// The interface index of the device by which a datagram from `from` to `to` leaves, if its
  /// socket is bound to device `bound_to` (0: to none). 0 if there is no route, or if the kernel
  /// does not answer.
  [[nodiscard]] virtual int device_towards(const IpAddress& from, const IpAddress& to,
                                           int bound_to) = 0;
  /// The interface index of the device with that name; 0 if there is none.
  [[nodiscard]] virtual int device_named(std::string_view name) = 0;
};

}  // namespace avedge
