#include "relay/stream/message_framer.h"

#include "relay/core/turn_framing.h"

namespace avedge::relay {
namespace {

using Framed = Verdict<std::optional<FramedMessage>>;

constexpr std::size_t kLengthEnd = 4;  // type or channel, then the length, in both formats
constexpr std::size_t kCookieEnd = 8;

/// RFC 8489 §5: the length is a multiple of four, and the magic cookie follows it.
Verdict<std::size_t> stun_size(ConstBytes stream) {
  const std::size_t length = load_be16(stream.data() + 2);
  if (length % 4 != 0) return DropReason::stream_malformed;
  if (stream.size() >= kCookieEnd && load_be32(stream.data() + kLengthEnd) != kStunMagicCookie) {
    return DropReason::stream_malformed;
  }
  return kStunHeaderSize + length;
}

Verdict<std::size_t> message_size(ConstBytes stream) {
  if (classify(stream[0]) == PacketKind::stun) return stun_size(stream);
  return kChannelDataHeaderSize + std::size_t{load_be16(stream.data() + 2)};
}

bool begins_a_message(std::byte first) {
  const PacketKind kind = classify(first);
  return kind == PacketKind::stun || kind == PacketKind::channel_data;
}

}  // namespace

Framed first_message(ConstBytes stream, std::size_t longest) {
  if (!stream.empty() && !begins_a_message(stream[0])) return DropReason::stream_malformed;
  if (stream.size() < kLengthEnd) return std::optional<FramedMessage>{};
  const auto size = message_size(stream);
  if (!size) return size.reason();
  if (*size > longest) return DropReason::payload_too_long;
  const FramedMessage message{*size, *size + padding_of(*size)};
  if (stream.size() < message.occupied) return std::optional<FramedMessage>{};
  return std::optional{message};
}

}  // namespace avedge::relay
