#include "ice/stun/stun_builder.h"

#include <array>
#include <cassert>

#include "ice/stun/attribute_values.h"
#include "ice/stun/fingerprint.h"
#include "ice/stun/hmac.h"

namespace avedge::stun {

StunBuilder::StunBuilder(Bytes buffer, Method method, MessageClass message_class,
                         const TransactionId& transaction)
    : writer_{buffer}, transaction_{transaction} {
  writer_.u16(encode_type(method, message_class));
  writer_.u16(0);  // the length, set when it is known
  writer_.u32(kStunMagicCookie);
  writer_.bytes(transaction.bytes);
}

StunBuilder& StunBuilder::raw(AttributeType type, ConstBytes value) {
  attribute_header(type, value.size());
  writer_.bytes(value);
  writer_.zeros(padding_of(value.size()));
  return *this;
}

StunBuilder& StunBuilder::u32(AttributeType type, std::uint32_t value) {
  attribute_header(type, 4);
  writer_.u32(value);
  return *this;
}

StunBuilder& StunBuilder::u64(AttributeType type, std::uint64_t value) {
  attribute_header(type, 8);
  writer_.u64(value);
  return *this;
}

StunBuilder& StunBuilder::u8_of_four(AttributeType type, std::uint8_t value) {
  return u32(type, std::uint32_t{value} << 24);
}

StunBuilder& StunBuilder::channel_number(std::uint16_t number) {
  return u32(AttributeType::channel_number, std::uint32_t{number} << 16);
}

StunBuilder& StunBuilder::address(AttributeType type, const Endpoint& value) {
  masked_address(type, value, {});
  return *this;
}

StunBuilder& StunBuilder::xor_address(AttributeType type, const Endpoint& value) {
  std::array<std::byte, 16> mask;
  store_be32(mask.data(), kStunMagicCookie);
  std::memcpy(mask.data() + 4, transaction_.bytes.data(), transaction_.bytes.size());
  masked_address(type, value, mask);
  return *this;
}

void StunBuilder::masked_address(AttributeType type, const Endpoint& value,
                                 const std::array<std::byte, 16>& mask) {
  const ConstBytes octets = value.address.bytes();
  attribute_header(type, 4 + octets.size());
  writer_.u8(0);
  writer_.u8(wire_family(value.address.family()));
  writer_.u16(static_cast<std::uint16_t>(value.port.number() ^ load_be16(mask.data())));
  for (std::size_t i = 0; i < octets.size(); ++i) {
    writer_.u8(std::to_integer<std::uint8_t>(octets[i] ^ mask[i]));
  }
}

StunBuilder& StunBuilder::error_code(int code, std::string_view reason) {
  error(0, AttributeType::error_code, code, reason);
  return *this;
}

StunBuilder& StunBuilder::address_error_code(AddressFamily family, int code,
                                             std::string_view reason) {
  error(wire_family(family), AttributeType::address_error_code, code, reason);
  return *this;
}

/// ERROR-CODE and ADDRESS-ERROR-CODE differ in their first byte only: zero, or the family.
void StunBuilder::error(std::uint8_t first, AttributeType type, int code, std::string_view reason) {
  assert(code >= 300 && code <= 699);
  attribute_header(type, 4 + reason.size());
  writer_.u8(first);
  writer_.u8(0);
  writer_.u8(static_cast<std::uint8_t>(code / 100));
  writer_.u8(static_cast<std::uint8_t>(code % 100));
  writer_.bytes(bytes_of(reason));
  writer_.zeros(padding_of(reason.size()));
}

StunBuilder& StunBuilder::icmp(std::uint8_t type, std::uint8_t code, std::uint32_t data) {
  assert(type < 0x80);
  attribute_header(AttributeType::icmp, 8);
  writer_.u16(0);
  writer_.u16(static_cast<std::uint16_t>(type << 9 | code));
  writer_.u32(data);
  return *this;
}

StunBuilder& StunBuilder::unknown_attributes(std::span<const AttributeType> types) {
  const std::size_t length = types.size() * 2;
  attribute_header(AttributeType::unknown_attributes, length);
  for (const AttributeType type : types) writer_.u16(static_cast<std::uint16_t>(type));
  writer_.zeros(padding_of(length));
  return *this;
}

StunBuilder& StunBuilder::integrity(ConstBytes key) {
  set_length(kStunAttributeHeaderSize + std::tuple_size_v<Sha1Code>);
  return raw(AttributeType::message_integrity, hmac_sha1(key, {writer_.written()}));
}

StunBuilder& StunBuilder::integrity_sha256(ConstBytes key) {
  set_length(kStunAttributeHeaderSize + std::tuple_size_v<Sha256Code>);
  return raw(AttributeType::message_integrity_sha256, hmac_sha256(key, {writer_.written()}));
}

StunBuilder& StunBuilder::fingerprint() {
  set_length(kStunAttributeHeaderSize + kFingerprintSize);
  return u32(AttributeType::fingerprint, fingerprint_of(writer_.written()));
}

ConstBytes StunBuilder::finish() {
  set_length(0);
  if (writer_.overflowed()) return {};
  return writer_.written();
}

void StunBuilder::attribute_header(AttributeType type, std::size_t length) {
  assert(length <= 0xFFFF);
  writer_.u16(static_cast<std::uint16_t>(type));
  writer_.u16(static_cast<std::uint16_t>(length));
}

/// Lets the header's length count what is written and `attributes_to_come` bytes more.
void StunBuilder::set_length(std::size_t attributes_to_come) {
  if (writer_.overflowed()) return;
  const std::size_t length = writer_.size() - kStunHeaderSize + attributes_to_come;
  store_be16(writer_.written().data() + 2, static_cast<std::uint16_t>(length));
}

}  // namespace avedge::stun
