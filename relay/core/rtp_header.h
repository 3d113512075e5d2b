// The fields of the fixed headers of RTP (RFC 3550 §5.1) and RTCP (§6.4.1) that tell one stream
// from another. SRTP and SRTCP leave them in the clear (RFC 3711 §3.1, §3.4). Pure functions over
// bytes.
#pragma once

#include <cstdint>

#include "relay/core/bytes.h"

namespace avedge {

inline constexpr std::size_t kRtpHeaderSize = 12;
inline constexpr std::size_t kRtcpHeaderSize = 8;

/// Where a stream is: the source and the sequence number of one of its packets.
struct RtpPosition {
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;

  /// The default stands for "no RTP packet yet".
  [[nodiscard]] bool is_known() const { return ssrc != 0 || sequence != 0; }
  friend bool operator==(const RtpPosition&, const RtpPosition&) = default;
};

/// RFC 5761 §4: RTCP that shares a port with RTP has packet types 192–223 where RTP has its payload
/// type with the marker bit. Not for fewer than two bytes.
[[nodiscard]] inline bool has_rtcp_type(ConstBytes packet) {
  return (std::to_integer<unsigned>(packet[1]) & 0xe0U) == 0xc0U;
}

[[nodiscard]] inline bool has_rtp_version(ConstBytes packet) {
  return (packet[0] & std::byte{0xc0}) == std::byte{0x80};
}

[[nodiscard]] inline bool is_rtp(ConstBytes packet) {
  return packet.size() >= kRtpHeaderSize && has_rtp_version(packet) && !has_rtcp_type(packet);
}

[[nodiscard]] inline bool is_rtcp(ConstBytes packet) {
  return packet.size() >= kRtcpHeaderSize && has_rtp_version(packet) && has_rtcp_type(packet);
}

/// Of a packet for which is_rtp() holds.
[[nodiscard]] inline RtpPosition rtp_position_of(ConstBytes packet) {
  return {load_be32(packet.data() + 8), load_be16(packet.data() + 2)};
}

/// Of a packet for which is_rtp() holds: 0–127.
[[nodiscard]] inline std::size_t rtp_payload_type_of(ConstBytes packet) {
  return std::to_integer<std::size_t>(packet[1] & std::byte{0x7f});
}

/// The shorter distance between two sequence numbers (RFC 3550 §A.1): 0–32768.
[[nodiscard]] inline std::uint16_t sequence_distance(std::uint16_t one, std::uint16_t other) {
  const auto ahead = static_cast<std::uint16_t>(one - other);
  const auto behind = static_cast<std::uint16_t>(other - one);
  return ahead < behind ? ahead : behind;
}

}  // namespace avedge
