#include "ice/stun/fingerprint.h"

#include <array>

namespace avedge::stun {
namespace {

/// RFC 8489 §14.7: the CRC is XORed with "STUN", so that a payload which ends in a CRC-32 of its
/// own is not taken for a message.
constexpr std::uint32_t kFingerprintMask = 0x5354554E;

/// The reflected CRC-32 of ITU V.42.
constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0u);
    table[i] = crc;
  }
  return table;
}();

}  // namespace

std::uint32_t fingerprint_of(ConstBytes before) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const std::byte octet : before) {
    crc = crc >> 8 ^ kCrcTable[(crc ^ std::to_integer<std::uint32_t>(octet)) & 0xFF];
  }
  return ~crc ^ kFingerprintMask;
}

}  // namespace avedge::stun
