#include "relay/core/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace avedge {

std::string_view to_string(AddressFamily family) {
  return family == AddressFamily::ipv4 ? "ipv4" : "ipv6";
}

std::string_view to_string(Transport transport) {
  switch (transport) {
    case Transport::udp: return "udp";
    case Transport::tcp: return "tcp";
    case Transport::tls: return "tls";
    case Transport::dtls: return "dtls";
  }
  return "unknown";
}

IpAddress IpAddress::v4(const std::array<std::byte, 4>& octets) {
  IpAddress address;
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  return address;
}

IpAddress IpAddress::v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return v4({std::byte{a}, std::byte{b}, std::byte{c}, std::byte{d}});
}

IpAddress IpAddress::v6(const std::array<std::byte, 16>& octets) {
  IpAddress address;
  address.octets_ = octets;
  address.family_ = AddressFamily::ipv6;
  return address;
}

std::optional<IpAddress> IpAddress::from_bytes(ConstBytes octets) {
  IpAddress address;
  if (octets.size() == 16) {
    address.family_ = AddressFamily::ipv6;
  } else if (octets.size() != 4) {
    return std::nullopt;
  }
  std::copy(octets.begin(), octets.end(), address.octets_.begin());
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size()) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would end there
  std::copy(text.begin(), text.end(), terminated.begin());

  IpAddress address;
  if (text.find(':') == std::string_view::npos) {
    if (inet_pton(AF_INET, terminated.data(), address.octets_.data()) != 1) return std::nullopt;
    return address;
  }
  address.family_ = AddressFamily::ipv6;
  if (inet_pton(AF_INET6, terminated.data(), address.octets_.data()) != 1) return std::nullopt;
  return address;
}

bool IpAddress::is_unspecified() const {
  return std::all_of(octets_.begin(), octets_.end(), [](std::byte b) { return b == std::byte{0}; });
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return octets_[0] == std::byte{127};
  return std::all_of(octets_.begin(), octets_.end() - 1,
                     [](std::byte b) { return b == std::byte{0}; }) &&
         octets_.back() == std::byte{1};
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v4() ? AF_INET : AF_INET6, octets_.data(), text.data(), text.size());
  return text.data();
}

std::optional<Port> Port::parse(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return Port{number};
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!port.empty() && !port.starts_with(':')) return std::nullopt;
  } else if (const auto colon = text.find(':');
             colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port = text.substr(colon);
  }

  Endpoint endpoint;
  const auto address = IpAddress::parse(host);
  if (!address) return std::nullopt;
  endpoint.address = *address;
  if (!port.empty()) {
    const auto number = Port::parse(port.substr(1));
    if (!number) return std::nullopt;
    endpoint.port = *number;
  }
  return endpoint;
}

std::string Endpoint::to_string() const {
  const std::string host = address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
  return host + ":" + std::to_string(port.number());
}

std::uint64_t hash_of(const Endpoint& endpoint, std::uint64_t seed) {
  // Multiply-and-fold: each 64-bit word is mixed into the seed by a 128-bit product.
  const auto fold = [](std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const ConstBytes address = endpoint.address.bytes();
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (address.size() == 4) {
    std::memcpy(&low, address.data(), 4);
  } else {
    std::memcpy(&low, address.data(), 8);
    std::memcpy(&high, address.data() + 8, 8);
  }
  const std::uint64_t tail = std::uint64_t{endpoint.port.number()} << 8 |
                             static_cast<std::uint64_t>(endpoint.address.family());
  std::uint64_t hash = fold(seed ^ low ^ 0x9e3779b97f4a7c15, seed ^ 0xbf58476d1ce4e5b9 ^ high);
  return fold(hash ^ tail, seed ^ 0x94d049bb133111eb);
}

}  // namespace avedge
