#include "ice/stun/integrity.h"

namespace avedge::stun {
namespace {

/// The first four bytes of the header as the sender hashed them: the length counts everything up
/// to and including the code, and nothing behind it (§14.5).
std::array<std::byte, 4> hashed_header(const StunView::IntegrityAttribute& integrity) {
  std::array<std::byte, 4> header{integrity.covered[0], integrity.covered[1]};
  const std::size_t length =
      integrity.covered.size() - kStunHeaderSize + kStunAttributeHeaderSize + integrity.code.size();
  store_be16(&header[2], static_cast<std::uint16_t>(length));
  return header;
}

}  // namespace

std::optional<StunView::IntegrityKind> strongest_integrity(const StunView& message) {
  for (const auto integrity : {StunView::IntegrityKind::sha256, StunView::IntegrityKind::sha1}) {
    if (message.integrity(integrity)) return integrity;
  }
  return std::nullopt;
}

bool has_integrity(const StunView& message) {
  return strongest_integrity(message).has_value();
}

bool verify_integrity(const StunView& message, ConstBytes key) {
  if (const auto integrity = message.integrity(StunView::IntegrityKind::sha256)) {
    const auto code = hmac_sha256(key, {hashed_header(*integrity), integrity->covered.subspan(4)});
    return equal_in_constant_time(code, integrity->code);
  }
  if (const auto integrity = message.integrity(StunView::IntegrityKind::sha1)) {
    const auto code = hmac_sha1(key, {hashed_header(*integrity), integrity->covered.subspan(4)});
    return equal_in_constant_time(code, integrity->code);
  }
  return false;
}

}  // namespace avedge::stun
