#include "ice/stun/attribute_values.h"

namespace avedge::stun {
namespace {

/// Cookie and transaction id, in the order in which they mask an address (RFC 8489 §14.2).
using Mask = std::array<std::byte, 16>;

std::optional<Endpoint> read_masked(ConstBytes value, const Mask& mask) {
  if (value.size() < 8) return std::nullopt;
  const auto family = std::to_integer<std::uint8_t>(value[1]);
  const std::size_t length = family == kWireIpv4 ? 4 : family == kWireIpv6 ? 16 : 0;
  if (length == 0 || value.size() != 4 + length) return std::nullopt;

  std::array<std::byte, 16> octets{};
  for (std::size_t i = 0; i < length; ++i) octets[i] = value[4 + i] ^ mask[i];
  const auto port = static_cast<std::uint16_t>(load_be16(&value[2]) ^ load_be16(mask.data()));
  return Endpoint{*IpAddress::from_bytes(ConstBytes{octets}.first(length)), Port{port}};
}

}  // namespace

std::optional<Endpoint> read_address(ConstBytes value) {
  return read_masked(value, {});
}

std::optional<Endpoint> read_xor_address(ConstBytes value, const TransactionId& transaction) {
  Mask mask;
  store_be32(mask.data(), kStunMagicCookie);
  std::memcpy(mask.data() + 4, transaction.bytes.data(), transaction.bytes.size());
  return read_masked(value, mask);
}

std::optional<std::uint32_t> read_u32(ConstBytes value) {
  if (value.size() != 4) return std::nullopt;
  return load_be32(value.data());
}

std::optional<std::uint64_t> read_u64(ConstBytes value) {
  if (value.size() != 8) return std::nullopt;
  return load_be64(value.data());
}

std::optional<std::uint8_t> read_u8_of_four(ConstBytes value) {
  if (value.size() != 4) return std::nullopt;
  return std::to_integer<std::uint8_t>(value[0]);
}

std::optional<std::uint16_t> read_channel_number(ConstBytes value) {
  if (value.size() != 4) return std::nullopt;
  return load_be16(value.data());
}

std::optional<std::string_view> read_text(ConstBytes value, std::size_t longest) {
  if (value.empty() || value.size() > longest) return std::nullopt;
  return text_of(value);
}

std::optional<ErrorCode> read_error_code(ConstBytes value) {
  if (value.size() < 4) return std::nullopt;
  const int hundreds = std::to_integer<int>(value[2] & std::byte{0x07});
  const int rest = std::to_integer<int>(value[3]);
  if (hundreds < 3 || hundreds > 6 || rest > 99) return std::nullopt;
  return ErrorCode{hundreds * 100 + rest, text_of(value.subspan(4))};
}

}  // namespace avedge::stun
