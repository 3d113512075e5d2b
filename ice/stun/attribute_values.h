// What stands inside attributes. Each function reads one value, whole: nothing means malformed.
// Texts are views into the value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ice/stun/message.h"
#include "relay/core/bytes.h"
#include "relay/core/endpoint.h"

namespace avedge::stun {

/// RFC 8489 §14.3: USERNAME is shorter than 509 bytes.
inline constexpr std::size_t kMaxUsername = 508;
/// RFC 8489 §14.9, §14.10: REALM and NONCE are shorter than 128 characters, 763 bytes.
inline constexpr std::size_t kMaxRealm = 763;
inline constexpr std::size_t kMaxNonce = 763;

/// RFC 8656 §17: the families as the wire spells them.
inline constexpr std::uint8_t kWireIpv4 = 0x01;
inline constexpr std::uint8_t kWireIpv6 = 0x02;
[[nodiscard]] constexpr std::uint8_t wire_family(AddressFamily family) {
  return family == AddressFamily::ipv4 ? kWireIpv4 : kWireIpv6;
}

/// RFC 8489 §14.1: MAPPED-ADDRESS and its like.
[[nodiscard]] std::optional<Endpoint> read_address(ConstBytes value);
/// RFC 8489 §14.2: XOR-MAPPED-ADDRESS and its like; the transaction id masks IPv6 addresses.
[[nodiscard]] std::optional<Endpoint> read_xor_address(ConstBytes value,
                                                       const TransactionId& transaction);
[[nodiscard]] std::optional<std::uint32_t> read_u32(ConstBytes value);
[[nodiscard]] std::optional<std::uint64_t> read_u64(ConstBytes value);
/// The first of four bytes, of which the others are reserved: REQUESTED-TRANSPORT and
/// REQUESTED-ADDRESS-FAMILY (RFC 8656 §18.7, §18.8).
[[nodiscard]] std::optional<std::uint8_t> read_u8_of_four(ConstBytes value);
/// RFC 8656 §18.1: CHANNEL-NUMBER, any value of 16 bits.
[[nodiscard]] std::optional<std::uint16_t> read_channel_number(ConstBytes value);
/// At least one byte, at most `longest`.
[[nodiscard]] std::optional<std::string_view> read_text(ConstBytes value, std::size_t longest);

struct ErrorCode {
  int code = 0;  // 300–699
  std::string_view reason;
};
/// RFC 8489 §14.8.
[[nodiscard]] std::optional<ErrorCode> read_error_code(ConstBytes value);

}  // namespace avedge::stun
