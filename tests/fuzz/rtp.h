// RTP as a party of a call would send it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "relay/core/bytes.h"

namespace avedge::fuzz {

/// RFC 3550 §5.1: a header and 20 bytes of payload.
inline std::vector<std::byte> rtp(std::uint8_t payload_type, std::uint16_t sequence,
                                  std::uint32_t ssrc) {
  std::vector<std::byte> packet(32);
  packet[0] = std::byte{0x80};
  packet[1] = std::byte{payload_type};
  store_be16(packet.data() + 2, sequence);
  store_be32(packet.data() + 8, ssrc);
  return packet;
}

}  // namespace avedge::fuzz
