// The route of a datagram's frame out of this host.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "relay/core/endpoint.h"

namespace avedge::relay {

using MacAddress = std::array<std::byte, 6>;

/// What the kernel is asked for: how does `from` reach `to`?
struct RouteKey {
  IpAddress from;
  IpAddress to;
  int device = 0;  // the socket is bound to this one; 0: to none
  friend auto operator<=>(const RouteKey&, const RouteKey&) = default;
};

/// How: in Ethernet frames of this shape.
struct NextHop {
  int device = 0;  // interface index
  MacAddress from{};
  MacAddress to{};
  std::uint32_t mtu = 0;  // bytes of an IP packet
  /// The same small number for all routes through one neighbour, for work done once per neighbour.
  std::uint32_t neighbour = 0;
  friend bool operator==(const NextHop&, const NextHop&) = default;
};

}  // namespace avedge::relay
