#include "ice/stun/integrity.h"

namespace avedge::stun {
namespace {

/// The first four bytes of the header as the sender hashed them: the length counts everything up
/// to and including the code, and nothing behind it (§14.5).
std::array<std::byte, 4> hashed_header(const StunView::SealView& seal) {
  std::array<std::byte, 4> header{seal.covered[0], seal.covered[1]};
  const std::size_t length =
      seal.covered.size() - kStunHeaderSize + kStunAttributeHeaderSize + seal.code.size();
  store_be16(&header[2], static_cast<std::uint16_t>(length));
  return header;
}

}  // namespace

LongTermKey long_term_key(std::string_view user, std::string_view realm,
                          std::string_view password) {
  return md5({bytes_of(user), bytes_of(":"), bytes_of(realm), bytes_of(":"), bytes_of(password)});
}

LongTermKeySha256 long_term_key_sha256(std::string_view user, std::string_view realm,
                                       std::string_view password) {
  return sha256(
      {bytes_of(user), bytes_of(":"), bytes_of(realm), bytes_of(":"), bytes_of(password)});
}

UserHash user_hash(std::string_view user, std::string_view realm) {
  return sha256({bytes_of(user), bytes_of(":"), bytes_of(realm)});
}

std::optional<StunView::Seal> deciding_seal(const StunView& message) {
  for (const auto seal : {StunView::Seal::sha256, StunView::Seal::sha1}) {
    if (message.seal(seal)) return seal;
  }
  return std::nullopt;
}

bool has_integrity(const StunView& message) {
  return deciding_seal(message).has_value();
}

bool verify_integrity(const StunView& message, ConstBytes key) {
  if (const auto seal = message.seal(StunView::Seal::sha256)) {
    const auto code = hmac_sha256(key, {hashed_header(*seal), seal->covered.subspan(4)});
    return equal_in_constant_time(code, seal->code);
  }
  if (const auto seal = message.seal(StunView::Seal::sha1)) {
    const auto code = hmac_sha1(key, {hashed_header(*seal), seal->covered.subspan(4)});
    return equal_in_constant_time(code, seal->code);
  }
  return false;
}

}  // namespace avedge::stun
