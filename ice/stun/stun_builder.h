// Writes one STUN message into a buffer of the caller's.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "ice/stun/attribute_type.h"
#include "ice/stun/message.h"
#include "relay/core/bytes.h"
#include "relay/core/endpoint.h"

namespace avedge::stun {

/// Attributes are appended in the order of the calls; integrity() and fingerprint() come last, in
/// this order. What does not fit makes finish() return nothing, so one check at the end is enough.
/// The buffer is neither owned nor copied.
class StunBuilder {
 public:
  StunBuilder(Bytes buffer, Method method, MessageClass message_class,
              const TransactionId& transaction);

  StunBuilder& raw(AttributeType type, ConstBytes value);
  /// An attribute without a value.
  StunBuilder& flag(AttributeType type) { return raw(type, {}); }
  StunBuilder& text(AttributeType type, std::string_view value) {
    return raw(type, bytes_of(value));
  }
  StunBuilder& u32(AttributeType type, std::uint32_t value);
  StunBuilder& u64(AttributeType type, std::uint64_t value);
  /// One byte and three reserved ones (RFC 8656 §18.7, §18.8).
  StunBuilder& u8_of_four(AttributeType type, std::uint8_t value);
  /// RFC 8656 §18.1.
  StunBuilder& channel_number(std::uint16_t number);
  /// RFC 8489 §14.1: MAPPED-ADDRESS and its like, in the clear.
  StunBuilder& address(AttributeType type, const Endpoint& value);
  /// RFC 8489 §14.2.
  StunBuilder& xor_address(AttributeType type, const Endpoint& value);
  /// RFC 8489 §14.8; `code` is 300–699.
  StunBuilder& error_code(int code, std::string_view reason);
  /// RFC 8656 §18.12: why there is no relayed address of that family; `code` is 300–699.
  StunBuilder& address_error_code(AddressFamily family, int code, std::string_view reason);
  /// RFC 8656 §18.13: 7 bits of type, 9 of code, and what the error carries.
  StunBuilder& icmp(std::uint8_t type, std::uint8_t code, std::uint32_t data);
  /// RFC 8489 §14.13.
  StunBuilder& unknown_attributes(std::span<const AttributeType> types);

  /// MESSAGE-INTEGRITY (RFC 8489 §14.5) over everything so far.
  StunBuilder& integrity(ConstBytes key);
  /// MESSAGE-INTEGRITY-SHA256 (RFC 8489 §14.6) over everything so far.
  StunBuilder& integrity_sha256(ConstBytes key);
  /// RFC 8489 §14.7.
  StunBuilder& fingerprint();

  /// The whole message, within the buffer; empty if it did not fit.
  [[nodiscard]] ConstBytes finish();

 private:
  void attribute_header(AttributeType type, std::size_t length);
  void masked_address(AttributeType type, const Endpoint& value,
                      const std::array<std::byte, 16>& mask);
  void error(std::uint8_t first, AttributeType type, int code, std::string_view reason);
  void set_length(std::size_t attributes_to_come);

  ByteWriter writer_;
  TransactionId transaction_;
};

}  // namespace avedge::stun
