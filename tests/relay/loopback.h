// A loopback address that no other test process uses, so that ports can be chosen freely on it.
#pragma once

#include <unistd.h>

#include "relay/core/endpoint.h"

namespace avedge::relay {

/// 127.x.y.z made from the process id; `index` 0 or 1 for two different ones.
inline IpAddress private_loopback(unsigned index = 0) {
  const auto id = (static_cast<unsigned>(getpid()) & 0x3fffffu) << 1 | (index & 1u);
  return IpAddress::v4(127, static_cast<std::uint8_t>(64 | (id >> 16 & 0x7f)),
                       static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id));
}

}  // namespace avedge::relay
