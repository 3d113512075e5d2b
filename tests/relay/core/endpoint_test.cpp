#include "relay/core/endpoint.h"

#include <gtest/gtest.h>

namespace avedge {
namespace {

TEST(Endpoint, TextFormsRoundTrip) {
  for (const char* text : {"192.0.2.1:3478", "[2001:db8::1]:50000", "0.0.0.0:0"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->to_string(), text);
  }
}

TEST(Endpoint, BareAddressesHavePortZero) {
  EXPECT_EQ(Endpoint::parse("2001:db8::1")->to_string(), "[2001:db8::1]:0");
  EXPECT_EQ(Endpoint::parse("192.0.2.1")->port, Port{});
}

TEST(Endpoint, RejectsWhatIsNeither) {
  for (const char* text : {"", "host:1", "192.0.2.1:65536", "192.0.2.1:", "192.0.2.256", "[::1",
                           "[::1]x", "[192.0.2.1:5", "192.0.2.1:+5", "1.2.3.4.5:6"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
}

TEST(IpAddress, FamiliesAreNeverEqual) {
  EXPECT_NE(*IpAddress::parse("0.0.0.0"), *IpAddress::parse("::"));
  EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("127.9.9.9")->is_loopback());
}

TEST(IpAddress, EveryByteCounts) {
  const std::array<std::byte, 16> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    auto other = octets;
    other[i] = std::byte{1};
    EXPECT_EQ(IpAddress::v6(octets), *IpAddress::parse("::"));
    EXPECT_NE(IpAddress::v6(octets), IpAddress::v6(other)) << "byte " << i;
  }
}

TEST(Endpoint, HashDependsOnEveryFieldAndOnTheSeed) {
  const auto a = *Endpoint::parse("192.0.2.1:1000");
  EXPECT_EQ(hash_of(a, 7), hash_of(a, 7));
  EXPECT_NE(hash_of(a, 7), hash_of(a, 8));
  EXPECT_NE(hash_of(a, 7), hash_of(*Endpoint::parse("192.0.2.1:1001"), 7));
  EXPECT_NE(hash_of(a, 7), hash_of(*Endpoint::parse("192.0.2.2:1000"), 7));
}

}  // namespace
}  // namespace avedge
