#include "ice/latching/legacy_check.h"

#include <array>

#include "ice/stun/attribute_type.h"
#include "ice/stun/hmac.h"
#include "relay/core/turn_framing.h"

namespace avedge::latching {
namespace {

using stun::AttributeType;

constexpr std::uint16_t kBindingRequest = 0x0001;
constexpr std::size_t kAttributeHeader = 4;
constexpr std::size_t kWord = 4;
constexpr std::size_t kHashBlock = 64;

bool is_binding_request(ConstBytes datagram) {
  return datagram.size() >= kStunHeaderSize && load_be16(datagram.data()) == kBindingRequest &&
         load_be16(&datagram[2]) == datagram.size() - kStunHeaderSize;
}

}  // namespace

std::optional<LegacyCheck> read_legacy_check(ConstBytes datagram) {
  if (!is_binding_request(datagram)) return std::nullopt;
  LegacyCheck check;
  std::size_t at = kStunHeaderSize;
  while (datagram.size() - at >= kAttributeHeader) {
    const auto type = static_cast<AttributeType>(load_be16(&datagram[at]));
    const std::size_t length = load_be16(&datagram[at + 2]);
    // Whether padding would follow is where the dialects differ; no value of a check needs any.
    if (length % kWord != 0 || length > datagram.size() - at - kAttributeHeader) break;
    const ConstBytes value = datagram.subspan(at + kAttributeHeader, length);
    if (type == AttributeType::message_integrity) {
      check.covered = datagram.first(at);
      check.code = value;
      const bool is_check = !check.username.empty() && length == stun::Sha1Code{}.size();
      return is_check ? std::optional{check} : std::nullopt;
    }
    if (type == AttributeType::username) check.username = text_of(value);
    if (type == AttributeType::use_candidate) check.nominates = true;
    at += kAttributeHeader + length;
  }
  return std::nullopt;
}

bool verify_legacy(ConstBytes covered, ConstBytes code, ConstBytes key) {
  constexpr std::array<std::byte, kHashBlock> kZeros{};
  const std::size_t padding = (kHashBlock - covered.size() % kHashBlock) % kHashBlock;
  const auto expected = stun::hmac_sha1(key, {covered, ConstBytes{kZeros}.first(padding)});
  return stun::equal_in_constant_time(expected, code);
}

}  // namespace avedge::latching
