#include "relay/stream/media_framing.h"

namespace avedge::relay {

Verdict<std::optional<Bytes>> first_frame(Bytes stream) {
  if (stream.size() < kFrameLengthSize) return std::optional<Bytes>{};
  const std::size_t length = load_be16(stream.data());
  if (length > kLongestFrame) return DropReason::payload_too_long;
  if (stream.size() < kFrameLengthSize + length) return std::optional<Bytes>{};
  return std::optional{stream.subspan(kFrameLengthSize, length)};
}

std::array<std::byte, kFrameLengthSize> frame_length(std::size_t size) {
  std::array<std::byte, kFrameLengthSize> length;
  store_be16(length.data(), static_cast<std::uint16_t>(size));
  return length;
}

}  // namespace avedge::relay
