// Endpoints as the kernel spells them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "relay/core/endpoint.h"

namespace avedge::relay {

/// Room for either family, no larger than needed (sockaddr_storage is 128 bytes).
union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;

  SocketAddress() : v6{} {}
  explicit SocketAddress(const Endpoint& endpoint) : v6{} { assign(endpoint); }

  void assign(const Endpoint& endpoint) {
    const ConstBytes address = endpoint.address.bytes();
    if (endpoint.address.is_v4()) {
      v4.sin_family = AF_INET;
      v4.sin_port = htons(endpoint.port.number());
      std::memcpy(&v4.sin_addr, address.data(), 4);
    } else {
      v6.sin6_family = AF_INET6;
      v6.sin6_port = htons(endpoint.port.number());
      v6.sin6_flowinfo = 0;
      v6.sin6_scope_id = 0;
      std::memcpy(&v6.sin6_addr, address.data(), 16);
    }
  }

  [[nodiscard]] socklen_t size() const {
    return any.sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  }

  /// The default endpoint for a family that is neither IPv4 nor IPv6.
  [[nodiscard]] Endpoint endpoint() const {
    if (any.sa_family == AF_INET) {
      std::array<std::byte, 4> octets;
      std::memcpy(octets.data(), &v4.sin_addr, 4);
      return {IpAddress::v4(octets), Port{ntohs(v4.sin_port)}};
    }
    if (any.sa_family == AF_INET6) {
      std::array<std::byte, 16> octets;
      std::memcpy(octets.data(), &v6.sin6_addr, 16);
      return {IpAddress::v6(octets), Port{ntohs(v6.sin6_port)}};
    }
    return {};
  }
};

}  // namespace avedge::relay
