// IP addresses, ports and their pairs, as values without any socket header.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "relay/core/bytes.h"

namespace avedge {

enum class AddressFamily : std::uint8_t { ipv4, ipv6 };
enum class Transport : std::uint8_t { udp, tcp, tls, dtls };

std::string_view to_string(AddressFamily family);
/// "udp", "tcp", "tls" or "dtls", as the configuration spells them.
std::string_view to_string(Transport transport);

/// An IPv4 or IPv6 address. The default is 0.0.0.0.
class IpAddress {
 public:
  constexpr IpAddress() = default;
  static IpAddress v4(const std::array<std::byte, 4>& octets);
  static IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d);
  static IpAddress v6(const std::array<std::byte, 16>& octets);
  /// From 4 or 16 bytes in network order.
  static std::optional<IpAddress> from_bytes(ConstBytes octets);
  /// Dotted quad or RFC 4291 text, without brackets and without a zone.
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] AddressFamily family() const { return family_; }
  [[nodiscard]] bool is_v4() const { return family_ == AddressFamily::ipv4; }
  /// 4 or 16 bytes in network order; lives as long as this address.
  [[nodiscard]] ConstBytes bytes() const { return ConstBytes{octets_}.first(is_v4() ? 4 : 16); }
  /// 0.0.0.0 or ::
  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_loopback() const;
  /// IPv6 in the short form of RFC 5952.
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  /// As two words: the default compares byte by byte, and every packet's flow is looked up.
  friend bool operator==(const IpAddress& left, const IpAddress& right) {
    return std::memcmp(left.octets_.data(), right.octets_.data(), sizeof left.octets_) == 0 &&
           left.family_ == right.family_;
  }

 private:
  std::array<std::byte, 16> octets_{};  // IPv4: the first four, the rest zero
  AddressFamily family_ = AddressFamily::ipv4;
};

/// A transport port; 0 means "none" or "let the kernel choose".
class Port {
 public:
  constexpr Port() = default;
  constexpr explicit Port(std::uint16_t number) : number_{number} {}
  static std::optional<Port> parse(std::string_view text);

  [[nodiscard]] constexpr std::uint16_t number() const { return number_; }
  [[nodiscard]] constexpr bool is_even() const { return number_ % 2 == 0; }
  /// RFC 3550 §11: RTCP uses the port above its RTP port. Only for numbers below 65535.
  [[nodiscard]] constexpr Port next() const {
    return Port(static_cast<std::uint16_t>(number_ + 1));
  }

  friend constexpr auto operator<=>(Port, Port) = default;

 private:
  std::uint16_t number_ = 0;
};

struct Endpoint {
  IpAddress address;
  Port port;

  /// "192.0.2.1:3478", "[2001:db8::1]:3478", or a bare address with port 0.
  static std::optional<Endpoint> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// A client's endpoint as the server sees it. A type of its own, because a FiveTuple whose client
/// and server are swapped would compile otherwise.
struct ClientEndpoint {
  Endpoint endpoint;

  ClientEndpoint() = default;
  explicit ClientEndpoint(const Endpoint& value) : endpoint{value} {}
  friend auto operator<=>(const ClientEndpoint&, const ClientEndpoint&) = default;
};

/// What names a client (RFC 8656 §2.2): where it is, where it reached us, and by what transport.
struct FiveTuple {
  ClientEndpoint client;
  Endpoint server;
  Transport transport = Transport::udp;
  friend auto operator<=>(const FiveTuple&, const FiveTuple&) = default;
};

/// Mixes with a seed drawn at start, so that an attacker cannot target one bucket.
std::uint64_t hash_of(const Endpoint& endpoint, std::uint64_t seed);

}  // namespace avedge
