// The part of TURN that stands around relayed payload: ChannelData headers, Send and Data
// indications. Pure functions over bytes, without integrity and without state: what the forwarding
// loop needs, and no more. Everything else of STUN is the slow path's (ice/stun).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "relay/core/bytes.h"
#include "relay/core/drop_reason.h"
#include "relay/core/endpoint.h"
#include "relay/core/flow.h"

namespace avedge {

/// Protocols that share a port, distinguished by the first byte of a datagram (RFC 7983 §7). RFC
/// 5766 let clients bind channels up to 0x7FFF, and some still do; nothing else on our ports begins
/// with 80–127, and a channel that the server has not bound has no flow.
enum class PacketKind : std::uint8_t {
  stun,          // 0–3
  dtls,          // 20–63
  channel_data,  // 64–79, and 80–127 from clients of RFC 5766
  rtp,           // 128–191, RTP and RTCP
  other
};

[[nodiscard]] PacketKind classify(std::byte first);

/// RFC 8489 §5: type, length, magic cookie, transaction id.
inline constexpr std::size_t kStunHeaderSize = 20;
inline constexpr std::uint32_t kStunMagicCookie = 0x2112A442;
/// RFC 8489 §14: type and length in front of every attribute's value.
inline constexpr std::size_t kStunAttributeHeaderSize = 4;
/// RFC 8489 §5: 96 bits that match a response to its request.
using StunTransactionBytes = std::array<std::byte, 12>;

/// RFC 8489 §14: zeros after a value of `size` bytes, up to the next multiple of four.
[[nodiscard]] constexpr std::size_t padding_of(std::size_t size) {
  return (4 - size % 4) % 4;
}

/// RFC 8656 §12: channel numbers that a client may bind.
inline constexpr ChannelField kFirstChannel = 0x4000;
inline constexpr ChannelField kLastChannel = 0x4FFF;
/// RFC 5766 §11: what older clients, coturn's among them, choose from.
inline constexpr ChannelField kLastChannelRfc5766 = 0x7FFF;
inline constexpr std::size_t kChannelDataHeaderSize = 4;
/// What the 16-bit length of ChannelData can say.
inline constexpr std::size_t kMaxChannelPayload = 0xFFFF;

struct ChannelDataView {
  ChannelField channel = kNoChannel;
  ConstBytes payload;  // within the parsed datagram, without padding
};

/// Reads one ChannelData message (RFC 8656 §12.4). Over UDP padding is optional (§12.5), so bytes
/// behind the stated length are ignored. The view lives as long as `datagram`.
/// Fails with channel_data_malformed.
[[nodiscard]] Verdict<ChannelDataView> parse_channel_data(ConstBytes datagram);

/// Writes the header that stands directly before `payload_size` bytes (at most
/// kMaxChannelPayload) of payload.
void write_channel_data_header(std::byte* four_bytes_before_payload, ChannelField channel,
                               std::size_t payload_size);

struct SendIndicationView {
  Endpoint peer;
  ConstBytes data;  // within the parsed datagram
  /// DONT-FRAGMENT (RFC 8656 §11.1): the client wants the DF bit set on what goes to the peer.
  bool dont_fragment = false;
};

/// Whether the message type says Send indication; parse_send_indication() decides.
[[nodiscard]] bool looks_like_send_indication(ConstBytes datagram);

/// Reads a Send indication (RFC 8656 §11.2). Indications carry no credentials: what follows a
/// MESSAGE-INTEGRITY is ignored, and TURN does not use the FINGERPRINT mechanism, so it is not
/// checked here. The view lives as long as `datagram`.
/// Fails with indication_malformed, or unknown_attribute (RFC 8489 §6.3.2: an indication with an
/// unknown comprehension-required attribute is discarded).
[[nodiscard]] Verdict<SendIndicationView> parse_send_indication(ConstBytes datagram);

/// The longest header of a Data indication: header, XOR-PEER-ADDRESS for IPv6, header of DATA.
inline constexpr std::size_t kMaxDataIndicationHeader = 48;
/// What a Data indication can carry: its 16-bit length counts attribute headers and padding too.
inline constexpr std::size_t kMaxDataIndicationPayload = 0xFFFC - 28;

/// Bytes between the start of a Data indication and its payload, for a peer of this family.
[[nodiscard]] std::size_t data_indication_header_size(AddressFamily peer_family);

/// Writes everything of a Data indication (RFC 8656 §11.3) that stands before its payload. The
/// caller has `payload_size` (at most kMaxDataIndicationPayload) bytes right behind `header` and
/// appends padding_of(payload_size) zeros to them.
/// `header` is exactly data_indication_header_size(peer.address.family()) long.
void write_data_indication_header(Bytes header, const StunTransactionBytes& transaction,
                                  const Endpoint& peer, std::size_t payload_size);

}  // namespace avedge
