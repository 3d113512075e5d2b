#include "signaling-shim/trace/hep.h"

#include <gtest/gtest.h>

#include <map>

#include "relay/core/bytes.h"

namespace avedge::trace {
namespace {

using namespace std::chrono_literals;

/// The generic chunks of a packet by type, read by the documented layout; empty if it is violated.
std::map<std::uint16_t, std::string> chunks_of(const std::string& packet) {
  if (packet.substr(0, 4) != "HEP3") return {};
  const ConstBytes bytes = bytes_of(packet);
  if (load_be16(&bytes[4]) != packet.size()) return {};
  std::map<std::uint16_t, std::string> chunks;
  std::size_t at = 6;
  while (at + 6 <= packet.size()) {
    const std::uint16_t size = load_be16(&bytes[at + 4]);
    if (load_be16(&bytes[at]) != 0 || size < 6 || at + size > packet.size()) return {};
    chunks[load_be16(&bytes[at + 2])] = packet.substr(at + 6, size - 6U);
    at += size;
  }
  return at == packet.size() ? chunks : std::map<std::uint16_t, std::string>{};
}

Message sample() {
  Message message;
  message.time = WallTime{1'353'023'242s + 467'001us};
  message.peer = *Endpoint::parse("198.51.100.20:6000");
  message.local = *Endpoint::parse("192.0.2.10:5060");
  message.text = "BYE sip:a SIP/2.0\r\nCall-ID: one@two\r\n\r\n";
  return message;
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text.push_back(static_cast<char>(value));
  return text;
}

TEST(Hep, IncomingMessageOverUdp) {
  auto chunks = chunks_of(hep_packet(sample(), {2001, ""}));
  EXPECT_EQ(chunks[0x01], bytes({2}));
  EXPECT_EQ(chunks[0x02], bytes({17}));
  EXPECT_EQ(chunks[0x03], bytes({198, 51, 100, 20}));
  EXPECT_EQ(chunks[0x04], bytes({192, 0, 2, 10}));
  EXPECT_EQ(chunks[0x07], bytes({6000 >> 8, 6000 & 255}));
  EXPECT_EQ(chunks[0x08], bytes({5060 >> 8, 5060 & 255}));
  EXPECT_EQ(chunks[0x09], bytes({0x50, 0xA5, 0x7F, 0x0A}));
  EXPECT_EQ(chunks[0x0a], bytes({0, 7, 0x20, 0x39}));
  EXPECT_EQ(chunks[0x0b], bytes({1}));
  EXPECT_EQ(chunks[0x0c], bytes({0, 0, 2001 >> 8, 2001 & 255}));
  EXPECT_EQ(chunks[0x0f], sample().text);
  EXPECT_EQ(chunks[0x11], "one@two");
  EXPECT_FALSE(chunks.contains(0x0e)) << "no password";
}

TEST(Hep, OutgoingMessageOverTlsAndIpv6) {
  Message message = sample();
  message.direction = Direction::outgoing;
  message.transport = Transport::tls;
  message.peer = *Endpoint::parse("[2001:db8::1]:5061");
  message.local = *Endpoint::parse("[2001:db8::2]:5062");
  auto chunks = chunks_of(hep_packet(message, {1, "let me in"}));
  EXPECT_EQ(chunks[0x01], bytes({10}));
  EXPECT_EQ(chunks[0x02], bytes({6}));
  EXPECT_EQ(chunks[0x05], text_of(message.local.address.bytes()));
  EXPECT_EQ(chunks[0x06], text_of(message.peer.address.bytes()));
  EXPECT_EQ(chunks[0x07], bytes({5062 >> 8, 5062 & 255}));
  EXPECT_EQ(chunks[0x08], bytes({5061 >> 8, 5061 & 255}));
  EXPECT_EQ(chunks[0x0e], "let me in");
}

TEST(Hep, IsCutToWhatADatagramTakes) {
  Message message = sample();
  message.text = "BYE sip:a SIP/2.0\r\nCall-ID: " + std::string(5000, 'c') + "\r\n\r\n" +
                 std::string(70'000, 'x');
  const std::string packet = hep_packet(message, {1, std::string(1000, 'p')});
  EXPECT_EQ(packet.size(), kMaxHepPacket);
  auto chunks = chunks_of(packet);
  EXPECT_EQ(chunks[0x11].size(), 1024U);
  EXPECT_EQ(chunks[0x0e].size(), 255U);
  EXPECT_TRUE(message.text.starts_with(chunks[0x0f]));
}

TEST(Hep, MessageWithoutACallIdHasNoCorrelation) {
  Message message = sample();
  message.text = "garbage";
  EXPECT_FALSE(chunks_of(hep_packet(message, {})).contains(0x11));
}

}  // namespace
}  // namespace avedge::trace
