#include "edge/prefix.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace avedge::edge {
namespace {

/// `address` with every bit below `length` cleared.
IpAddress masked(const IpAddress& address, unsigned length) {
  std::array<std::byte, 16> octets{};
  const ConstBytes source = address.bytes();
  std::copy(source.begin(), source.end(), octets.begin());
  for (std::size_t i = 0; i < source.size(); ++i) {
    const unsigned first_bit = static_cast<unsigned>(i) * 8;
    const unsigned kept = length <= first_bit ? 0 : std::min(8u, length - first_bit);
    octets[i] &= static_cast<std::byte>(0xff00u >> kept & 0xffu);
  }
  return *IpAddress::from_bytes(ConstBytes{octets}.first(source.size()));
}

}  // namespace

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned longest = address->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return Prefix{*address, longest};

  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (length > longest || masked(*address, length) != *address) return std::nullopt;
  return Prefix{*address, length};
}

bool Prefix::contains(const IpAddress& other) const {
  return other.family() == address.family() && masked(other, length) == address;
}

std::string Prefix::to_string() const {
  return address.to_string() + "/" + std::to_string(length);
}

}  // namespace avedge::edge
