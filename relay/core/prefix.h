// A range of addresses as a CIDR prefix.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "relay/core/endpoint.h"

namespace avedge {

/// Families never match each other.
class Prefix {
 public:
  /// "10.20.0.0/16", "2001:db8::/32", or a bare address for exactly that address. Host bits that
  /// are not zero are refused: 10.20.3.4/16 may be a mistake.
  static std::optional<Prefix> parse(std::string_view text);
  /// `address` with all bits behind the first `length` cleared; `length` is at most 32 or 128.
  static Prefix covering(const IpAddress& address, unsigned length);

  [[nodiscard]] const IpAddress& address() const { return address_; }
  [[nodiscard]] unsigned length() const { return length_; }
  [[nodiscard]] bool contains(const IpAddress& other) const;
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const Prefix&, const Prefix&) = default;

 private:
  Prefix(const IpAddress& address, unsigned length) : address_{address}, length_{length} {}

  IpAddress address_;
  unsigned length_;
};

}  // namespace avedge
