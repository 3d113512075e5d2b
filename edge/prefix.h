// A CIDR prefix, as peer rules and access lists are written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relay/core/endpoint.h"

namespace avedge::edge {

struct Prefix {
  IpAddress address;    // bits below `length` are zero
  unsigned length = 0;  // 0…32 for IPv4, 0…128 for IPv6

  /// "10.20.0.0/16", "2001:db8::/32", or a bare address for exactly that address. Host bits that
  /// are not zero are refused: whoever wrote 10.20.3.4/16 may have meant something else.
  static std::optional<Prefix> parse(std::string_view text);
  [[nodiscard]] bool contains(const IpAddress& other) const;
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const Prefix&, const Prefix&) = default;
};

}  // namespace avedge::edge
