// A received STUN message, checked once and then read in place.
#pragma once

#include <cstdint>
#include <optional>

#include "ice/stun/attribute_type.h"
#include "ice/stun/message.h"
#include "relay/core/bytes.h"
#include "relay/core/drop_reason.h"

namespace avedge::stun {

/// More attributes than any sane message has; keeps repeated look-ups cheap on hostile ones.
inline constexpr std::size_t kMaxAttributes = 128;

struct Attribute {
  AttributeType type{};
  ConstBytes value;  // without padding
};

/// A well-formed message (RFC 8489 §5, §14). It owns nothing: the view and everything read through
/// it live as long as the bytes that were parsed.
///
/// Its attribute list ends at MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256, whichever comes first:
/// what stands behind them is not protected by them and is not there (§14.5, §14.6). Both, and
/// FINGERPRINT, are reached by their own functions and are no part of the list.
class StunView {
 public:
  /// The two codes that may protect a message.
  enum class IntegrityKind : std::uint8_t { sha1, sha256 };
  /// One of them, with the part of the message that it covers.
  struct IntegrityAttribute {
    ConstBytes covered;  // from the header up to the attribute; the length field still to be fixed
    ConstBytes code;
  };

  class Iterator {
   public:
    explicit Iterator(ConstBytes rest) : rest_{rest} {}
    Attribute operator*() const;
    Iterator& operator++();
    friend bool operator!=(const Iterator& a, const Iterator& b) {
      return a.rest_.size() != b.rest_.size();
    }

   private:
    ConstBytes rest_;
  };

  /// `message` is one whole message: a datagram, or what a stream framer cut out.
  /// Fails with stun_malformed, or with stun_fingerprint if FINGERPRINT is present and wrong.
  static Verdict<StunView> parse(ConstBytes message);

  [[nodiscard]] Method method() const { return method_of(load_be16(message_.data())); }
  [[nodiscard]] MessageClass message_class() const { return class_of(load_be16(message_.data())); }
  [[nodiscard]] TransactionId transaction() const;
  [[nodiscard]] ConstBytes bytes() const { return message_; }

  /// The attributes before the integrity codes, in the order of the wire.
  [[nodiscard]] Iterator begin() const { return Iterator{listed()}; }
  [[nodiscard]] Iterator end() const { return Iterator{{}}; }
  /// The value of the first attribute of that type: repetitions are ignored (§14).
  [[nodiscard]] std::optional<ConstBytes> find(AttributeType type) const;
  [[nodiscard]] bool has(AttributeType type) const { return find(type).has_value(); }

  [[nodiscard]] std::optional<IntegrityAttribute> integrity(IntegrityKind which) const;
  /// FINGERPRINT was present (and right).
  [[nodiscard]] bool has_fingerprint() const { return has_fingerprint_; }

 private:
  explicit StunView(ConstBytes message) : message_{message}, list_end_{message.size()} {}
  [[nodiscard]] ConstBytes listed() const {
    return message_.first(list_end_).subspan(kStunHeaderSize);
  }
  [[nodiscard]] Verdict<void> read_attributes();
  [[nodiscard]] Verdict<void> read_fingerprint(std::size_t offset, ConstBytes value);
  [[nodiscard]] bool note_integrity(IntegrityKind which, std::size_t offset, std::size_t length);

  ConstBytes message_;
  std::size_t list_end_;
  std::size_t sha1_offset_ = 0;  // of the attribute's header; 0: absent
  std::size_t sha256_offset_ = 0;
  bool has_fingerprint_ = false;
};

}  // namespace avedge::stun
