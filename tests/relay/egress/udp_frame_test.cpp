// The headers byte by byte, and their checksums as a receiver would verify them.
#include "relay/egress/udp_frame.h"

#include <gtest/gtest.h>

namespace avedge::relay {
namespace {

constexpr MacAddress kFrom{std::byte{2}, {}, {}, {}, {}, std::byte{0x0a}};
constexpr MacAddress kTo{std::byte{2}, {}, {}, {}, {}, std::byte{0x14}};
constexpr NextHop kHop{.device = 3, .from = kFrom, .to = kTo, .mtu = 1500};

constexpr std::size_t kOffload = 10;
constexpr std::size_t kIp = kOffload + 14;

struct Written {
  std::array<std::byte, kMaxFrameHeader> bytes{};
  std::size_t size = 0;

  Written(const char* from, const char* to, const IpHeaderFields& fields, std::size_t payload,
          std::uint16_t segment = 0)
      : size{write_frame_header(
            bytes.data(), kHop,
            {*Endpoint::parse(from), *Endpoint::parse(to), fields, 0x1234, payload, segment})} {}

  [[nodiscard]] std::uint16_t u16(std::size_t at) const { return load_be16(&bytes[at]); }
  [[nodiscard]] std::uint8_t u8(std::size_t at) const {
    return std::to_integer<std::uint8_t>(bytes[at]);
  }
  /// A field of the offload header, which is in this machine's byte order.
  [[nodiscard]] std::uint16_t native(std::size_t at) const {
    std::uint16_t value = 0;
    std::memcpy(&value, &bytes[at], sizeof value);
    return value;
  }
  /// RFC 1071.
  [[nodiscard]] std::uint16_t sum(std::size_t begin, std::size_t end) const {
    std::uint32_t sum = 0;
    for (std::size_t i = begin; i < end; i += 2) sum += u16(i);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
  }
};

TEST(UdpFrame, Ipv4) {
  const Written header{"10.77.0.10:50001", "10.77.0.20:7000", {.traffic_class = 0xb8}, 172};
  ASSERT_EQ(header.size, kIp + 20 + 8);
  EXPECT_EQ(std::memcmp(&header.bytes[kOffload], kTo.data(), 6), 0);
  EXPECT_EQ(std::memcmp(&header.bytes[kOffload + 6], kFrom.data(), 6), 0);
  EXPECT_EQ(header.u16(kOffload + 12), 0x0800);
  EXPECT_EQ(header.u16(kIp), 0x45b8) << "version, length, and the traffic class";
  EXPECT_EQ(header.u16(kIp + 2), 20 + 8 + 172);
  EXPECT_EQ(header.u16(kIp + 4), 0x1234);
  EXPECT_EQ(header.u16(kIp + 6), 0) << "it may be fragmented";
  EXPECT_EQ(header.u16(kIp + 8), 64 << 8 | 17);
  EXPECT_EQ(header.sum(kIp, kIp + 20), 0xffff) << "RFC 791: the checksum makes the sum all ones";
  EXPECT_EQ(header.u16(kIp + 20), 50001);
  EXPECT_EQ(header.u16(kIp + 22), 7000);
  EXPECT_EQ(header.u16(kIp + 24), 8 + 172);
}

TEST(UdpFrame, Ipv6) {
  const Written header{"[fd00:77::10]:50001", "[fd00:77::20]:7000", {0xb8, 9}, 172};
  ASSERT_EQ(header.size, kMaxFrameHeader);
  EXPECT_EQ(header.u16(kOffload + 12), 0x86dd);
  EXPECT_EQ(header.u16(kIp), 0x6b80) << "version and traffic class";
  EXPECT_EQ(header.u16(kIp + 4), 8 + 172);
  EXPECT_EQ(header.u16(kIp + 6), 17 << 8 | 9);
  EXPECT_EQ(header.u16(kIp + 40), 50001);
}

/// As the virtio specification has it (5.1.6.2): what to cut into which sizes behind which headers.
TEST(UdpFrame, ARunSaysHowItIsToBeCut) {
  const Written single{"10.77.0.10:50001", "10.77.0.20:7000", {}, 1200};
  EXPECT_EQ(single.u8(1), 0);
  EXPECT_EQ(single.native(4), 0);
  const Written run{"10.77.0.10:50001", "10.77.0.20:7000", {}, 30 * 1200, 1200};
  EXPECT_EQ(run.u8(1), 5) << "VIRTIO_NET_HDR_GSO_UDP_L4";
  EXPECT_EQ(run.native(2), 14 + 20 + 8);
  EXPECT_EQ(run.native(4), 1200);
  EXPECT_EQ(run.u16(kIp + 2), 20 + 8 + 30 * 1200);
}

/// What the kernel, or the card, has to complete: the field holds the sum over the pseudo header of
/// RFC 768 and RFC 8200 §8.1, and the offload header says where the rest begins.
TEST(UdpFrame, TheChecksumIsPreparedForWhoeverCompletesIt) {
  for (const bool is_v4 : {true, false}) {
    const Written header{is_v4 ? "10.77.0.10:50001" : "[fd00:77::10]:50001",
                         is_v4 ? "10.77.0.20:7000" : "[fd00:77::20]:7000",
                         {},
                         172};
    const std::size_t ip_size = is_v4 ? 20 : 40;
    EXPECT_EQ(header.u8(0), 1) << "needs a checksum";
    EXPECT_EQ(header.u8(1), 0) << "no segmentation";
    EXPECT_EQ(header.native(6), 14 + ip_size);
    EXPECT_EQ(header.native(8), 6);
    const std::size_t addresses = kIp + (is_v4 ? 12 : 8);
    std::uint32_t pseudo = header.sum(addresses, kIp + ip_size) + 17 + 8 + 172;
    pseudo = (pseudo & 0xffff) + (pseudo >> 16);
    EXPECT_EQ(header.u16(kIp + ip_size + 6), pseudo);
  }
}

TEST(UdpFrame, CountsWhatTheMtuCounts) {
  EXPECT_EQ(packet_size(AddressFamily::ipv4, 1472), 1500u);
  EXPECT_EQ(packet_size(AddressFamily::ipv6, 1452), 1500u);
}

}  // namespace
}  // namespace avedge::relay
