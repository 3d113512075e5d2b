#include "relay/core/turn_framing.h"

#include <cassert>
#include <cstring>
#include <optional>

namespace avedge {
namespace {

constexpr std::array<PacketKind, 256> kKinds = [] {
  std::array<PacketKind, 256> kinds{};
  for (std::size_t first = 0; first < kinds.size(); ++first) {
    kinds[first] = first <= 3                     ? PacketKind::stun
                   : first >= 20 && first <= 63   ? PacketKind::dtls
                   : first >= 64 && first <= 127  ? PacketKind::channel_data
                   : first >= 128 && first <= 191 ? PacketKind::rtp
                                                  : PacketKind::other;
  }
  return kinds;
}();

// Message types: the method with the class bits 01 (indication) woven in (RFC 8489 §5).
constexpr std::uint16_t kSendIndicationType = 0x0016;
constexpr std::uint16_t kDataIndicationType = 0x0017;

// Attributes that may stand in an indication (RFC 8489 §18.3, RFC 8656 §18).
constexpr std::uint16_t kUsername = 0x0006;
constexpr std::uint16_t kMessageIntegrity = 0x0008;
constexpr std::uint16_t kXorPeerAddress = 0x0012;
constexpr std::uint16_t kData = 0x0013;
constexpr std::uint16_t kRealm = 0x0014;
constexpr std::uint16_t kNonce = 0x0015;
constexpr std::uint16_t kDontFragment = 0x001A;
constexpr std::uint16_t kMessageIntegritySha256 = 0x001C;
/// RFC 8489 §14: from here on an attribute that is not understood may be skipped.
constexpr std::uint16_t kComprehensionOptional = 0x8000;

constexpr std::byte kFamilyIpv4{0x01};
constexpr std::byte kFamilyIpv6{0x02};

/// The value of XOR-PEER-ADDRESS (RFC 8489 §14.2). The mask is the header's cookie and transaction
/// id, which stand in one piece: `mask` points at the cookie.
std::optional<Endpoint> read_xor_address(ConstBytes value, const std::byte* mask) {
  if (value.size() < 8) return std::nullopt;
  const std::size_t length = value[1] == kFamilyIpv4 ? 4 : value[1] == kFamilyIpv6 ? 16 : 0;
  if (length == 0 || value.size() != 4 + length) return std::nullopt;

  std::array<std::byte, 16> octets{};
  for (std::size_t i = 0; i < length; ++i) octets[i] = value[4 + i] ^ mask[i];
  const auto port = static_cast<std::uint16_t>(load_be16(&value[2]) ^ load_be16(mask));
  return Endpoint{*IpAddress::from_bytes(ConstBytes{octets}.first(length)), Port{port}};
}

bool has_send_indication_header(ConstBytes datagram) {
  return datagram.size() >= kStunHeaderSize && looks_like_send_indication(datagram) &&
         load_be32(&datagram[4]) == kStunMagicCookie && datagram.size() % 4 == 0 &&
         load_be16(&datagram[2]) == datagram.size() - kStunHeaderSize;
}

}  // namespace

PacketKind classify(std::byte first) {
  return kKinds[std::to_integer<std::size_t>(first)];
}

Verdict<ChannelDataView> parse_channel_data(ConstBytes datagram) {
  if (datagram.size() < kChannelDataHeaderSize) return DropReason::channel_data_malformed;
  const ChannelField channel = load_be16(&datagram[0]);
  const std::size_t length = load_be16(&datagram[2]);
  if (channel < kFirstChannel || channel > kLastChannelRfc5766 ||
      length > datagram.size() - kChannelDataHeaderSize) {
    return DropReason::channel_data_malformed;
  }
  return ChannelDataView{channel, datagram.subspan(kChannelDataHeaderSize, length)};
}

void write_channel_data_header(std::byte* four_bytes_before_payload, ChannelField channel,
                               std::size_t payload_size) {
  assert(payload_size <= kMaxChannelPayload);
  store_be16(four_bytes_before_payload, channel);
  store_be16(four_bytes_before_payload + 2, static_cast<std::uint16_t>(payload_size));
}

bool looks_like_send_indication(ConstBytes datagram) {
  return datagram.size() >= 2 && load_be16(datagram.data()) == kSendIndicationType;
}

Verdict<SendIndicationView> parse_send_indication(ConstBytes datagram) {
  if (!has_send_indication_header(datagram)) return DropReason::indication_malformed;

  SendIndicationView view;
  bool has_peer = false;
  bool has_data = false;
  bool ended = false;
  ConstBytes rest = datagram.subspan(kStunHeaderSize);
  while (!rest.empty() && !ended) {
    // `rest` is a multiple of four, so an attribute's header is always whole.
    const std::uint16_t type = load_be16(&rest[0]);
    const std::size_t length = load_be16(&rest[2]);
    const std::size_t padded = length + padding_of(length);
    if (padded > rest.size() - kStunAttributeHeaderSize) return DropReason::indication_malformed;
    const ConstBytes value = rest.subspan(kStunAttributeHeaderSize, length);
    rest = rest.subspan(kStunAttributeHeaderSize + padded);

    switch (type) {
      case kXorPeerAddress: {
        if (has_peer) break;  // RFC 8489 §14: only the first of its kind counts
        const auto peer = read_xor_address(value, &datagram[4]);
        if (!peer) return DropReason::indication_malformed;
        view.peer = *peer;
        has_peer = true;
        break;
      }
      case kData:
        if (!has_data) view.data = value;
        has_data = true;
        break;
      case kDontFragment: view.dont_fragment = true; break;
      case kMessageIntegrity:
      case kMessageIntegritySha256: ended = true; break;
      // Known but not expected here: ignored (RFC 8489 §6.3).
      case kUsername:
      case kRealm:
      case kNonce: break;
      default:
        if (type < kComprehensionOptional) return DropReason::unknown_attribute;
    }
  }
  if (!has_peer || !has_data) return DropReason::indication_malformed;
  return view;
}

std::size_t data_indication_header_size(AddressFamily peer_family) {
  return peer_family == AddressFamily::ipv4 ? 36 : kMaxDataIndicationHeader;
}

void write_data_indication_header(Bytes header, const StunTransactionBytes& transaction,
                                  const Endpoint& peer, std::size_t payload_size) {
  assert(header.size() == data_indication_header_size(peer.address.family()));
  assert(payload_size <= kMaxDataIndicationPayload);
  const ConstBytes octets = peer.address.bytes();
  const std::size_t padded = payload_size + padding_of(payload_size);
  std::byte* to = header.data();

  store_be16(to, kDataIndicationType);
  store_be16(to + 2, static_cast<std::uint16_t>(header.size() - kStunHeaderSize + padded));
  store_be32(to + 4, kStunMagicCookie);
  std::memcpy(to + 8, transaction.data(), transaction.size());

  const std::byte* mask = header.data() + 4;
  to += kStunHeaderSize;
  store_be16(to, kXorPeerAddress);
  store_be16(to + 2, static_cast<std::uint16_t>(4 + octets.size()));
  to[4] = std::byte{0};
  to[5] = peer.address.is_v4() ? kFamilyIpv4 : kFamilyIpv6;
  store_be16(to + 6, static_cast<std::uint16_t>(peer.port.number() ^ load_be16(mask)));
  for (std::size_t i = 0; i < octets.size(); ++i) to[8 + i] = octets[i] ^ mask[i];

  to += 8 + octets.size();
  store_be16(to, kData);
  store_be16(to + 2, static_cast<std::uint16_t>(payload_size));
}

}  // namespace avedge
