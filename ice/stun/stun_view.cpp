#include "ice/stun/stun_view.h"

#include <algorithm>

#include "ice/stun/fingerprint.h"

namespace avedge::stun {
namespace {

constexpr std::size_t kSha1Length = 20;
/// RFC 8489 §14.6: the code may be truncated, to no less than 16 bytes and a multiple of four.
constexpr std::size_t kShortestSha256 = 16;
constexpr std::size_t kLongestSha256 = 32;

bool has_valid_header(ConstBytes message) {
  return message.size() >= kStunHeaderSize && message.size() % 4 == 0 &&
         (message[0] & std::byte{0xC0}) == std::byte{0} &&
         load_be16(&message[2]) == message.size() - kStunHeaderSize &&
         load_be32(&message[4]) == kStunMagicCookie;
}

}  // namespace

Verdict<StunView> StunView::parse(ConstBytes message) {
  if (!has_valid_header(message)) return DropReason::stun_malformed;
  StunView view{message};
  if (const auto read = view.read_attributes(); !read) return read.reason();
  return view;
}

Verdict<void> StunView::read_attributes() {
  std::size_t offset = kStunHeaderSize;
  for (std::size_t count = 0; offset < message_.size(); ++count) {
    // Offset and size are multiples of four, so the attribute's header is whole.
    const auto type = static_cast<AttributeType>(load_be16(&message_[offset]));
    const std::size_t length = load_be16(&message_[offset + 2]);
    const std::size_t room = message_.size() - offset - kStunAttributeHeaderSize;
    if (count == kMaxAttributes || length + padding_of(length) > room) {
      return DropReason::stun_malformed;
    }
    const std::size_t next = offset + kStunAttributeHeaderSize + length + padding_of(length);

    if (type == AttributeType::fingerprint) {
      if (next != message_.size()) return DropReason::stun_malformed;  // §14.7: the last one
      return read_fingerprint(offset, message_.subspan(offset + kStunAttributeHeaderSize, length));
    }
    if (type == AttributeType::message_integrity &&
        !note_integrity(IntegrityKind::sha1, offset, length)) {
      return DropReason::stun_malformed;
    }
    if (type == AttributeType::message_integrity_sha256 &&
        !note_integrity(IntegrityKind::sha256, offset, length)) {
      return DropReason::stun_malformed;
    }
    offset = next;
  }
  return {};
}

/// Ends the attribute list at the first code. Behind a code only the SHA-256 one still counts.
bool StunView::note_integrity(IntegrityKind which, std::size_t offset, std::size_t length) {
  const bool protected_ = list_end_ < message_.size();
  if (which == IntegrityKind::sha1) {
    if (length != kSha1Length) return false;
    if (!protected_) sha1_offset_ = offset;
  } else {
    if (length < kShortestSha256 || length > kLongestSha256 || length % 4 != 0) return false;
    if (sha256_offset_ == 0) sha256_offset_ = offset;
  }
  list_end_ = std::min(list_end_, offset);
  return true;
}

Verdict<void> StunView::read_fingerprint(std::size_t offset, ConstBytes value) {
  if (value.size() != kFingerprintSize) return DropReason::stun_malformed;
  if (load_be32(value.data()) != fingerprint_of(message_.first(offset))) {
    return DropReason::stun_fingerprint;
  }
  has_fingerprint_ = true;
  list_end_ = std::min(list_end_, offset);
  return {};
}

TransactionId StunView::transaction() const {
  TransactionId id;
  const ConstBytes bytes = message_.subspan(8, id.bytes.size());
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

std::optional<ConstBytes> StunView::find(AttributeType type) const {
  for (const Attribute attribute : *this) {
    if (attribute.type == type) return attribute.value;
  }
  return std::nullopt;
}

std::optional<StunView::IntegrityAttribute> StunView::integrity(IntegrityKind which) const {
  const std::size_t offset = which == IntegrityKind::sha1 ? sha1_offset_ : sha256_offset_;
  if (offset == 0) return std::nullopt;
  const std::size_t length = load_be16(&message_[offset + 2]);
  return IntegrityAttribute{message_.first(offset),
                            message_.subspan(offset + kStunAttributeHeaderSize, length)};
}

Attribute StunView::Iterator::operator*() const {
  return {static_cast<AttributeType>(load_be16(&rest_[0])),
          rest_.subspan(kStunAttributeHeaderSize, load_be16(&rest_[2]))};
}

StunView::Iterator& StunView::Iterator::operator++() {
  const std::size_t length = load_be16(&rest_[2]);
  rest_ = rest_.subspan(kStunAttributeHeaderSize + length + padding_of(length));
  return *this;
}

}  // namespace avedge::stun
