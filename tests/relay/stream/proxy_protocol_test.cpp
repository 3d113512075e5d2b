#include "relay/stream/proxy_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace avedge::relay {
namespace {

using namespace std::string_literals;

Endpoint endpoint(const char* text) {
  return *Endpoint::parse(text);
}

Verdict<std::optional<ProxyHeader>> parse(std::string_view text) {
  return parse_proxy_header(bytes_of(text));
}

/// Version 2: signature, then version and command, family and protocol, and the rest behind its
/// length.
std::string v2(unsigned char command, unsigned char family, const std::string& rest) {
  std::string header = "\r\n\r\n\0\r\nQUIT\n"s;
  header += static_cast<char>(command);
  header += static_cast<char>(family);
  header += static_cast<char>(rest.size() >> 8);
  header += static_cast<char>(rest.size());
  return header + rest;
}

const std::string kIpv4 =
    "\xc0\x00\x02\x01"    // 192.0.2.1
    "\xc6\x33\x64\x01"    // 198.51.100.1
    "\x9c\x40\x01\xbb"s;  // 40000, 443
const std::string kIpv6 =
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"  // 2001:db8::1
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"  // 2001:db8::2
    "\x9c\x40\x01\xbb"s;

struct Accepted {
  const char* name;
  std::string header;
  const char* source;  // nullptr: the connection's own
  const char* destination;
};
void PrintTo(const Accepted& c, std::ostream* out) {
  *out << c.name;
}

class ProxyHeaders : public testing::TestWithParam<Accepted> {};

TEST_P(ProxyHeaders, SayWhoConnected) {
  const auto [name, text, source, destination] = GetParam();
  const auto parsed = parse(text + "\x16\x03\x01");
  ASSERT_TRUE(parsed);
  ASSERT_TRUE(parsed->has_value());
  EXPECT_EQ((*parsed)->size, text.size()) << "what the client sent is the client's";
  EXPECT_EQ((*parsed)->source, source ? std::optional{endpoint(source)} : std::nullopt);
  EXPECT_EQ((*parsed)->destination,
            destination ? std::optional{endpoint(destination)} : std::nullopt);
}

TEST_P(ProxyHeaders, MayArriveByteByByte) {
  const std::string& text = GetParam().header;
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto parsed = parse(std::string_view{text}.substr(0, size));
    ASSERT_TRUE(parsed) << size;
    EXPECT_FALSE(parsed->has_value()) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Version1, ProxyHeaders,
    testing::Values(Accepted{"Tcp4", "PROXY TCP4 192.0.2.1 198.51.100.1 40000 443\r\n",
                             "192.0.2.1:40000", "198.51.100.1:443"},
                    Accepted{"Tcp6", "PROXY TCP6 2001:db8::1 2001:db8::2 40000 443\r\n",
                             "[2001:db8::1]:40000", "[2001:db8::2]:443"},
                    Accepted{"Longest",
                             "PROXY TCP6 1111:2222:3333:4444:5555:6666:7777:8888 "
                             "1111:2222:3333:4444:5555:6666:7777:8888 65535 65535\r\n",
                             "[1111:2222:3333:4444:5555:6666:7777:8888]:65535",
                             "[1111:2222:3333:4444:5555:6666:7777:8888]:65535"},
                    Accepted{"Unknown", "PROXY UNKNOWN\r\n", nullptr, nullptr},
                    Accepted{"UnknownWithMore", "PROXY UNKNOWN " + std::string(91, 'f') + "\r\n",
                             nullptr, nullptr}),
    [](const auto& c) { return c.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Version2, ProxyHeaders,
    testing::Values(
        Accepted{"Tcp4", v2(0x21, 0x11, kIpv4), "192.0.2.1:40000", "198.51.100.1:443"},
        Accepted{"Tcp6", v2(0x21, 0x21, kIpv6), "[2001:db8::1]:40000", "[2001:db8::2]:443"},
        Accepted{"UnknownFields", v2(0x21, 0x11, kIpv4 + "\x04\0\x02zz\xee\0\0"s),
                 "192.0.2.1:40000", "198.51.100.1:443"},
        Accepted{"Checksum", v2(0x21, 0x11, kIpv4 + "\x03\0\x04\x1e\xb2\xaa\x59"s),
                 "192.0.2.1:40000", "198.51.100.1:443"},
        Accepted{"Longest", v2(0x21, 0x11, kIpv4 + "\x04\x01\xf9"s + std::string(505, 'n')),
                 "192.0.2.1:40000", "198.51.100.1:443"},
        Accepted{"UnixStream", v2(0x21, 0x31, std::string(216, 'u')), nullptr, nullptr},
        Accepted{"Unspecified", v2(0x21, 0x00, "anything"), nullptr, nullptr},
        Accepted{"Local", v2(0x20, 0x00, ""), nullptr, nullptr},
        Accepted{"LocalWithAddresses", v2(0x20, 0x11, kIpv4), nullptr, nullptr}),
    [](const auto& c) { return c.param.name; });

struct Refused {
  const char* name;
  std::string bytes;
};
void PrintTo(const Refused& c, std::ostream* out) {
  *out << c.name;
}

class ProxyHeaderRefused : public testing::TestWithParam<Refused> {};

TEST_P(ProxyHeaderRefused, IsTheProxysFault) {
  const auto parsed = parse(GetParam().bytes);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.reason(), DropReason::proxy_header_invalid);
}

INSTANTIATE_TEST_SUITE_P(
    Any, ProxyHeaderRefused,
    testing::Values(Refused{"Stun", "\x00\x01\x00\x00\x21\x12\xa4\x42"s}, Refused{"Tls", "\x16"},
                    Refused{"Prost", "PROS"},
                    Refused{"WithoutCrlf", "PROXY " + std::string(101, 'x')},
                    Refused{"CrlfTooLate", "PROXY UNKNOWN " + std::string(92, 'f') + "\r\n"},
                    Refused{"UnknownProtocol", "PROXY UDP4 192.0.2.1 198.51.100.1 40000 443\r\n"},
                    Refused{"OtherFamily", "PROXY TCP4 2001:db8::1 2001:db8::2 40000 443\r\n"},
                    Refused{"MixedFamilies", "PROXY TCP6 2001:db8::1 192.0.2.1 40000 443\r\n"},
                    Refused{"NoName", "PROXY TCP4 localhost 192.0.2.1 40000 443\r\n"},
                    Refused{"EndInside", "PROXY TCP4 192.0.2.1\0x 198.51.100.1 40000 443\r\n"s},
                    Refused{"TwoSpaces", "PROXY TCP4  192.0.2.1 198.51.100.1 40000 443\r\n"},
                    Refused{"OneMore", "PROXY TCP4 192.0.2.1 198.51.100.1 40000 443 1\r\n"},
                    Refused{"OneLess", "PROXY TCP4 192.0.2.1 198.51.100.1 40000\r\n"},
                    Refused{"PortTooHigh", "PROXY TCP4 192.0.2.1 198.51.100.1 65536 443\r\n"},
                    Refused{"PortLooksOctal", "PROXY TCP4 192.0.2.1 198.51.100.1 040 443\r\n"},
                    Refused{"PortOfNobody", "PROXY TCP4 192.0.2.1 198.51.100.1 0 443\r\n"},
                    Refused{"AddressOfNobody", "PROXY TCP4 0.0.0.0 198.51.100.1 40000 443\r\n"},
                    Refused{"Version1In2", v2(0x11, 0x11, kIpv4)},
                    Refused{"UnknownCommand", v2(0x22, 0x11, kIpv4)},
                    Refused{"Datagrams", v2(0x21, 0x12, kIpv4)},
                    Refused{"UnknownFamily", v2(0x21, 0x41, kIpv4)},
                    Refused{"AddressesCutShort", v2(0x21, 0x21, kIpv4)},
                    Refused{"UnixCutShort", v2(0x21, 0x31, std::string(215, 'u'))},
                    Refused{"FieldCutShort", v2(0x21, 0x11, kIpv4 + "\x04\0"s)},
                    Refused{"FieldTooLong", v2(0x21, 0x11, kIpv4 + "\x04\0\x02z"s)},
                    Refused{"ChecksumWrong", v2(0x21, 0x11, kIpv4 + "\x03\0\x04\x1e\xb2\xaa\x58"s)},
                    Refused{"ChecksumTooShort", v2(0x21, 0x11, kIpv4 + "\x03\0\x02\x4a\x8a"s)},
                    Refused{"TooLong",
                            v2(0x21, 0x11, kIpv4 + "\x04\x01\xfa"s + std::string(506, 'n'))},
                    Refused{"SourceOfNobody", v2(0x21, 0x11, std::string(12, '\0'))}),
    [](const auto& c) { return c.param.name; });

TEST(ProxyProtocol, ALengthThatIsTooGreatIsNotWaitedFor) {
  EXPECT_FALSE(parse(v2(0x21, 0x11, std::string(600, 'n')).substr(0, 16)));
}

}  // namespace
}  // namespace avedge::relay
