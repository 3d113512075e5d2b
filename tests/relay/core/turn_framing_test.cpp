#include "relay/core/turn_framing.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace avedge {
namespace {

std::vector<std::byte> octets(std::initializer_list<unsigned> values) {
  std::vector<std::byte> bytes;
  for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

std::string_view as_text(ConstBytes bytes) {
  return text_of(bytes);
}

TEST(Classify, Rfc7983_7_TheFirstByteDecides) {
  for (unsigned first = 0; first < 256; ++first) {
    PacketKind expected = PacketKind::other;
    if (first < 4) expected = PacketKind::stun;
    if (first >= 20 && first < 64) expected = PacketKind::dtls;
    // RFC 5766 clients bind channels up to 0x7FFF.
    if (first >= 64 && first < 128) expected = PacketKind::channel_data;
    if (first >= 128 && first < 192) expected = PacketKind::rtp;
    EXPECT_EQ(classify(static_cast<std::byte>(first)), expected) << first;
  }
}

struct ChannelDataCase {
  const char* name;
  std::vector<std::byte> datagram;
  bool ok;
  std::size_t payload_size = 0;
};

TEST(ChannelData, Rfc8656_12_4_LengthsAndChannelNumbers) {
  const ChannelDataCase cases[] = {
      {"empty payload", octets({0x40, 0x00, 0, 0}), true, 0},
      {"without padding", octets({0x40, 0x01, 0, 1, 'a'}), true, 1},
      {"with padding", octets({0x4F, 0xFF, 0, 1, 'a', 0, 0, 0}), true, 1},
      {"nothing at all", {}, false},
      {"half a header", octets({0x40, 0x00, 0}), false},
      {"length past the end", octets({0x40, 0x00, 0, 2, 'a'}), false},
      {"channel below the range", octets({0x3F, 0xFF, 0, 0}), false},
      {"channel that RFC 8656 reserved", octets({0x50, 0x00, 0, 0}), true},
      {"last channel of RFC 5766", octets({0x7F, 0xFF, 0, 0}), true},
      {"channel above every range", octets({0x80, 0x00, 0, 0}), false},
      {"channel of the DTLS-SRTP range", octets({0xFF, 0xFF, 0, 0}), false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto view = parse_channel_data(c.datagram);
    ASSERT_EQ(view.ok(), c.ok);
    if (c.ok) {
      EXPECT_EQ(view->payload.size(), c.payload_size);
    } else {
      EXPECT_EQ(view.reason(), DropReason::channel_data_malformed);
    }
  }
}

TEST(ChannelData, WrittenHeadersReadBack) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{172}, kMaxChannelPayload}) {
    std::vector<std::byte> datagram(kChannelDataHeaderSize + size);
    write_channel_data_header(datagram.data(), 0x4ABC, size);
    const auto view = parse_channel_data(datagram);
    ASSERT_TRUE(view);
    EXPECT_EQ(view->channel, 0x4ABC);
    EXPECT_EQ(view->payload.size(), size);
  }
}

/// A Send indication whose parts can be bent one by one.
struct SendIndication {
  std::vector<std::byte> attributes;

  SendIndication& add(std::uint16_t type, std::vector<std::byte> value, int length_error = 0) {
    const std::size_t length = value.size() + static_cast<std::size_t>(length_error);
    value.resize(value.size() + padding_of(value.size()));
    std::byte header[4];
    store_be16(header, type);
    store_be16(header + 2, static_cast<std::uint16_t>(length));
    attributes.insert(attributes.end(), header, header + 4);
    attributes.insert(attributes.end(), value.begin(), value.end());
    return *this;
  }
  SendIndication& peer() {  // 192.0.2.1:32853, as in RFC 5769 §2.2
    return add(0x0012, octets({0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43}));
  }
  SendIndication& data(std::string_view text) {
    const auto bytes = bytes_of(text);
    return add(0x0013, {bytes.begin(), bytes.end()});
  }
  std::vector<std::byte> datagram() const {
    auto bytes = octets({0x00, 0x16, 0, 0, 0x21, 0x12, 0xa4, 0x42});
    store_be16(&bytes[2], static_cast<std::uint16_t>(attributes.size()));
    bytes.resize(kStunHeaderSize, std::byte{7});
    bytes.insert(bytes.end(), attributes.begin(), attributes.end());
    return bytes;
  }
};

TEST(SendIndication, Rfc8656_11_2_PeerAndDataAreRead) {
  const auto datagram = SendIndication{}.peer().data("hello").datagram();
  ASSERT_TRUE(looks_like_send_indication(datagram));
  const auto view = parse_send_indication(datagram);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->peer.to_string(), "192.0.2.1:32853");
  EXPECT_EQ(as_text(view->data), "hello");
  EXPECT_FALSE(view->dont_fragment);
}

TEST(SendIndication, OptionalPartsAreTolerated) {
  // An empty DATA is an empty datagram; SOFTWARE and FINGERPRINT may be skipped.
  const auto datagram = SendIndication{}
                            .add(0x001A, {})
                            .add(0x8022, octets({'x'}))
                            .data("")
                            .peer()
                            .add(0x8028, octets({1, 2, 3, 4}))
                            .datagram();
  const auto view = parse_send_indication(datagram);
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->dont_fragment);
  EXPECT_TRUE(view->data.empty());
}

TEST(SendIndication, Rfc8489_14_5_WhatFollowsMessageIntegrityIsIgnored) {
  const auto mac = std::vector<std::byte>(20);
  EXPECT_FALSE(
      parse_send_indication(SendIndication{}.peer().add(0x0008, mac).data("smuggled").datagram()));
  const auto datagram =
      SendIndication{}.peer().data("real").add(0x0008, mac).add(0x7777, {}).datagram();
  const auto view = parse_send_indication(datagram);
  ASSERT_TRUE(view);
  EXPECT_EQ(as_text(view->data), "real");
}

TEST(SendIndication, Rfc8489_14_TheFirstOfRepeatedAttributesCounts) {
  const auto datagram = SendIndication{}.peer().data("first").data("second").datagram();
  const auto view = parse_send_indication(datagram);
  ASSERT_TRUE(view);
  EXPECT_EQ(as_text(view->data), "first");
}

TEST(SendIndication, Rfc8489_6_3_2_UnknownRequiredAttributesDiscardIt) {
  const auto view =
      parse_send_indication(SendIndication{}.peer().data("x").add(0x0042, {}).datagram());
  ASSERT_FALSE(view);
  EXPECT_EQ(view.reason(), DropReason::unknown_attribute);
}

TEST(SendIndication, MalformedOnesAreRefused) {
  auto wrong_cookie = SendIndication{}.peer().data("x").datagram();
  wrong_cookie[4] = std::byte{0};
  auto odd_size = SendIndication{}.peer().data("x").datagram();
  odd_size.push_back(std::byte{0});
  auto wrong_length = SendIndication{}.peer().data("x").datagram();
  wrong_length[3] = static_cast<std::byte>(std::to_integer<unsigned>(wrong_length[3]) + 4);

  const std::pair<const char*, std::vector<std::byte>> cases[] = {
      {"no data", SendIndication{}.peer().datagram()},
      {"no peer", SendIndication{}.data("x").datagram()},
      {"header only", SendIndication{}.datagram()},
      {"not even a header", octets({0x00, 0x16, 0, 0})},
      {"attribute longer than the message", SendIndication{}.peer().add(0x0013, {}, 1).datagram()},
      {"peer of no known family",
       SendIndication{}.add(0x0012, octets({0, 3, 1, 1, 1, 1, 1, 1})).data("x").datagram()},
      {"peer with IPv6 family and IPv4 length",
       SendIndication{}.add(0x0012, octets({0, 2, 1, 1, 1, 1, 1, 1})).data("x").datagram()},
      {"empty peer", SendIndication{}.add(0x0012, {}).data("x").datagram()},
      {"wrong cookie", wrong_cookie},
      {"size no multiple of four", odd_size},
      {"length says more than there is", wrong_length},
  };
  for (const auto& [name, datagram] : cases) {
    SCOPED_TRACE(name);
    const auto view = parse_send_indication(datagram);
    ASSERT_FALSE(view);
    EXPECT_EQ(view.reason(), DropReason::indication_malformed);
  }
}

TEST(DataIndication, Rfc8656_11_3_HeaderIsLaidOutBeforeThePayload) {
  const StunTransactionBytes transaction{std::byte{0xb7}, std::byte{0xe7}, std::byte{0xa7}};
  std::vector<std::byte> header(data_indication_header_size(AddressFamily::ipv4));
  write_data_indication_header(header, transaction, *Endpoint::parse("192.0.2.1:32853"), 5);

  auto expected = octets({0x00, 0x17, 0x00, 24,          // Data indication, 12 + 4 + 5 + 3 bytes
                          0x21, 0x12, 0xa4, 0x42,        // magic cookie
                          0xb7, 0xe7, 0xa7, 0,    0, 0,  // transaction id
                          0,    0,    0,    0,    0, 0,  //
                          0x00, 0x12, 0x00, 0x08,        // XOR-PEER-ADDRESS
                          0x00, 0x01, 0xa1, 0x47,        // IPv4, port
                          0xe1, 0x12, 0xa6, 0x43,        // address
                          0x00, 0x13, 0x00, 0x05});      // DATA, length without padding
  EXPECT_EQ(header, expected);
}

TEST(DataIndication, WhatIsWrittenReadsBackAsASendIndication) {
  // Send and Data indications differ in one bit of their type.
  const StunTransactionBytes transaction{std::byte{1}, std::byte{2},  std::byte{3},  std::byte{4},
                                         std::byte{5}, std::byte{6},  std::byte{7},  std::byte{8},
                                         std::byte{9}, std::byte{10}, std::byte{11}, std::byte{12}};
  for (const char* text : {"192.0.2.1:32853", "[2001:db8:1234:5678:11:2233:4455:6677]:32853"}) {
    for (const std::size_t size : {0u, 1u, 2u, 3u, 4u, 1200u}) {
      const auto peer = *Endpoint::parse(text);
      const std::size_t header_size = data_indication_header_size(peer.address.family());
      std::vector<std::byte> message(header_size + size + padding_of(size), std::byte{0});
      write_data_indication_header(Bytes{message}.first(header_size), transaction, peer, size);
      message[1] = std::byte{0x16};
      const auto view = parse_send_indication(message);
      ASSERT_TRUE(view) << text << " " << size;
      EXPECT_EQ(view->peer, peer);
      EXPECT_EQ(view->data.size(), size);
      EXPECT_EQ(view->data.data(), message.data() + header_size);
    }
  }
}

TEST(DataIndication, TheLongestPayloadFitsItsLengthField) {
  constexpr std::size_t kSize = kMaxDataIndicationPayload;
  std::vector<std::byte> message(kMaxDataIndicationHeader + kSize + padding_of(kSize));
  write_data_indication_header(Bytes{message}.first(kMaxDataIndicationHeader), {},
                               *Endpoint::parse("[2001:db8::1]:1"), kSize);
  EXPECT_EQ(load_be16(&message[2]), message.size() - kStunHeaderSize);
}

}  // namespace
}  // namespace avedge
