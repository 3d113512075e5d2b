// Cutting the byte stream of a TCP or TLS client into messages (RFC 8656 §3.1: STUN messages and
// ChannelData follow one another without anything between them).
#pragma once

#include <cstddef>
#include <optional>

#include "relay/core/bytes.h"
#include "relay/core/drop_reason.h"

namespace avedge::relay {

/// What a client may send before it has shown credentials: the longest Allocate request (USERNAME,
/// REALM and NONCE at their limits, an access token) fits.
inline constexpr std::size_t kLongestUnauthenticatedMessage = 4096;
/// More than any payload that fits a UDP datagram makes, behind a ChannelData header or inside a
/// Send indication; a multiple of four, so that padding adds nothing to it.
inline constexpr std::size_t kLongestClientMessage = 65'532;

struct FramedMessage {
  std::size_t size = 0;  // of the message, as it would stand in a datagram
  /// With the padding that streams need behind ChannelData (RFC 8656 §12.5).
  std::size_t occupied = 0;
};

/// The first message in `stream`; nothing if more bytes are needed to tell or to complete it.
/// Fails with stream_malformed if this cannot be TURN, and with payload_too_long above `longest`.
[[nodiscard]] Verdict<std::optional<FramedMessage>> first_message(ConstBytes stream,
                                                                  std::size_t longest);

}  // namespace avedge::relay
