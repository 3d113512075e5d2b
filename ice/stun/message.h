// The words of a STUN header: method, class, transaction id (RFC 8489 §5).
#pragma once

#include <cstdint>

#include "relay/core/random.h"
#include "relay/core/turn_framing.h"

namespace avedge::stun {

/// RFC 8489 §18.2, RFC 8656 §17 and RFC 6062 §6.1. Any other 12-bit value is a method we do not
/// know.
enum class Method : std::uint16_t {
  binding = 0x001,
  allocate = 0x003,
  refresh = 0x004,
  send = 0x006,
  data = 0x007,
  create_permission = 0x008,
  channel_bind = 0x009,
  connect = 0x00A,
  connection_bind = 0x00B,
  connection_attempt = 0x00C
};

/// RFC 8489 §5: the two class bits.
enum class MessageClass : std::uint8_t { request, indication, success, error };

/// The message type: twelve method bits with the class bits C1 and C0 at positions 8 and 4.
constexpr std::uint16_t encode_type(Method method, MessageClass message_class) {
  const unsigned m = static_cast<unsigned>(method);
  const unsigned c = static_cast<unsigned>(message_class);
  return static_cast<std::uint16_t>((m & 0xF80) << 2 | (m & 0x070) << 1 | (m & 0x00F) |
                                    (c & 2) << 7 | (c & 1) << 4);
}

constexpr Method method_of(std::uint16_t type) {
  return static_cast<Method>((type >> 2 & 0xF80) | (type >> 1 & 0x070) | (type & 0x00F));
}

constexpr MessageClass class_of(std::uint16_t type) {
  return static_cast<MessageClass>((type >> 7 & 2) | (type >> 4 & 1));
}

/// 96 bits that match a response to its request.
struct TransactionId {
  StunTransactionBytes bytes{};

  /// Unpredictable, so that an off-path attacker cannot forge a response (RFC 8489 §5).
  static TransactionId random() {
    TransactionId id;
    fill_random(id.bytes);
    return id;
  }
  friend bool operator==(const TransactionId&, const TransactionId&) = default;
};

}  // namespace avedge::stun
