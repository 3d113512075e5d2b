// Cutting a byte stream into RTP, RTCP, STUN and DTLS packets: each stands behind its length in two
// bytes (RFC 4571 §2; RFC 6544 §3 for what is not RTP).
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "relay/core/bytes.h"
#include "relay/core/drop_reason.h"

namespace avedge::relay {

inline constexpr std::size_t kFrameLengthSize = 2;
/// What fits a UDP datagram over IPv4: frames become datagrams.
inline constexpr std::size_t kLongestFrame = 65'507;

/// The first frame in `stream`, without its length; nothing if more bytes are needed to tell or to
/// complete it. Empty frames mean nothing (RFC 4571 §2) but are frames. Fails with payload_too_long
/// above kLongestFrame.
[[nodiscard]] Verdict<std::optional<Bytes>> first_frame(Bytes stream);

/// What stands in front of a frame of at most kLongestFrame bytes.
[[nodiscard]] std::array<std::byte, kFrameLengthSize> frame_length(std::size_t size);

}  // namespace avedge::relay
