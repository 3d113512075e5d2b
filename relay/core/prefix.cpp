#include "relay/core/prefix.h"

#include <algorithm>
#include <charconv>

namespace avedge {

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned longest = address->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return Prefix{*address, longest};

  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size() || length > longest) {
    return std::nullopt;
  }
  const Prefix prefix = covering(*address, length);
  if (prefix.address_ != *address) return std::nullopt;
  return prefix;
}

Prefix Prefix::covering(const IpAddress& address, unsigned length) {
  std::array<std::byte, 16> octets{};
  const ConstBytes source = address.bytes();
  for (std::size_t i = 0; i < source.size(); ++i) {
    const auto first_bit = static_cast<unsigned>(i) * 8;
    const unsigned kept = length <= first_bit ? 0 : std::min(8u, length - first_bit);
    octets[i] = source[i] & static_cast<std::byte>(0xFF00u >> kept & 0xFFu);
  }
  return {*IpAddress::from_bytes(ConstBytes{octets}.first(source.size())), length};
}

bool Prefix::contains(const IpAddress& other) const {
  return other.family() == address_.family() && covering(other, length_).address_ == address_;
}

std::string Prefix::to_string() const {
  return address_.to_string() + "/" + std::to_string(length_);
}

}  // namespace avedge
