#include "relay/fan_in/icmp_quote.h"

#include <gtest/gtest.h>

#include <vector>

namespace avedge::relay {
namespace {

using Octets = std::vector<std::uint8_t>;

/// 203.0.113.1 says that 10.77.0.20:7000 was not reached from 10.77.0.10:50001.
Octets unreachable() {
  return {
      0x45, 0,  0,   56, 0,  1,  0,    0,  64,   1,    0,    0,  // IPv4, ICMP (RFC 791)
      203,  0,  113, 1,  10, 77, 0,    10, 3,    3,    0,    0,
      0,    0,  0,   0,                                          // port unreachable (RFC 792)
      0x45, 0,  0,   48, 0,  2,  0x40, 0,  64,   17,   0,    0,  // what was sent: IPv4, UDP
      10,   77, 0,   10, 10, 77, 0,    20, 0xc3, 0x51, 0x1b, 0x58,
      0,    28, 0,   0,  // 50001 → 7000
  };
}
constexpr std::size_t kIcmp = 20;
constexpr std::size_t kQuote = 28;

/// A router says that [fd00:77::20]:7000 was not reached from [fd00:77::10]:50001.
Octets unreachable6() {
  Octets message{1,    4, 0, 0, 0, 0,  0,  0,    // port unreachable (RFC 4443 §3.1)
                 0x60, 0, 0, 0, 0, 28, 17, 64};  // what was sent: IPv6, UDP
  for (const std::uint8_t host : Octets{0x10, 0x20}) {
    const Octets address{0xfd, 0, 0, 0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host};
    message.insert(message.end(), address.begin(), address.end());
  }
  const Octets udp{0xc3, 0x51, 0x1b, 0x58, 0, 28, 0, 0};
  message.insert(message.end(), udp.begin(), udp.end());
  return message;
}

ConstBytes bytes(const Octets& octets) {
  return std::as_bytes(std::span{octets});
}

TEST(IcmpQuote, Ipv4SaysWhoseDatagramItIsAbout) {
  const auto quoted = read_icmp(bytes(unreachable()));
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->local, *Endpoint::parse("10.77.0.10:50001"));
  EXPECT_EQ(quoted->peer, *Endpoint::parse("10.77.0.20:7000"));
  EXPECT_EQ(quoted->error.type, 3);
  EXPECT_EQ(quoted->error.code, 3);
  EXPECT_EQ(quoted->error.data, 0u);
}

TEST(IcmpQuote, Ipv6SaysWhoseDatagramItIsAbout) {
  const auto quoted = read_icmpv6(bytes(unreachable6()));
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->local, *Endpoint::parse("[fd00:77::10]:50001"));
  EXPECT_EQ(quoted->peer, *Endpoint::parse("[fd00:77::20]:7000"));
  EXPECT_EQ(quoted->error.type, 1);
  EXPECT_EQ(quoted->error.code, 4);
  EXPECT_EQ(quoted->error.data, 0u);
}

TEST(IcmpQuote, Rfc1191_4_TheMtuOfTheNextHop) {
  Octets message = unreachable();
  message[kIcmp + 1] = 4;
  message[kIcmp + 6] = 0x05;
  message[kIcmp + 7] = 0x14;
  EXPECT_EQ(read_icmp(bytes(message))->error.data, 1300u);
}

TEST(IcmpQuote, Rfc4443_3_2_TheMtuOfTheNextHop) {
  Octets message = unreachable6();
  message[0] = 2;
  message[1] = 0;
  message[6] = 0x05;
  message[7] = 0x14;
  EXPECT_EQ(read_icmpv6(bytes(message))->error.data, 1300u);
}

TEST(IcmpQuote, OptionsOfBothHeadersAreSkipped) {
  Octets message = unreachable();
  const Octets options{1, 1, 1, 1};
  message.insert(message.begin() + kQuote + 20, options.begin(), options.end());
  message[kQuote] = 0x46;
  message.insert(message.begin() + 20, options.begin(), options.end());
  message[0] = 0x46;
  const auto quoted = read_icmp(bytes(message));
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->local, *Endpoint::parse("10.77.0.10:50001"));
  EXPECT_EQ(quoted->peer, *Endpoint::parse("10.77.0.20:7000"));
}

TEST(IcmpQuote, WhatIsCutOffBeforeThePortsSaysNothing) {
  const Octets v4 = unreachable();
  for (std::size_t size = 0; size < v4.size(); ++size) {
    EXPECT_EQ(read_icmp(bytes(v4).first(size)).has_value(), size >= kQuote + 20 + 4) << size;
  }
  const Octets v6 = unreachable6();
  for (std::size_t size = 0; size < v6.size(); ++size) {
    EXPECT_EQ(read_icmpv6(bytes(v6).first(size)).has_value(), size >= 8 + 40 + 4) << size;
  }
}

TEST(IcmpQuote, Rfc8200_4_5_OfADatagramInFragmentsTheFirstHasThePorts) {
  Octets message = unreachable6();
  message[8 + 6] = 44;
  const Octets fragment{17, 0, 0, 1, 0, 0, 0, 7};  // UDP; offset 0, more to come
  message.insert(message.begin() + 8 + 40, fragment.begin(), fragment.end());
  const auto quoted = read_icmpv6(bytes(message));
  ASSERT_TRUE(quoted);
  EXPECT_EQ(quoted->local, *Endpoint::parse("[fd00:77::10]:50001"));
  EXPECT_EQ(quoted->peer, *Endpoint::parse("[fd00:77::20]:7000"));
  EXPECT_FALSE(read_icmpv6(bytes(message).first(8 + 40 + 7)));
  EXPECT_FALSE(read_icmpv6(bytes(message).first(8 + 40 + 8 + 3)));
  message[8 + 40 + 3] = 8 | 1;
  EXPECT_FALSE(read_icmpv6(bytes(message))) << "a later fragment";
  message[8 + 40 + 3] = 1;
  message[8 + 40] = 6;
  EXPECT_FALSE(read_icmpv6(bytes(message))) << "TCP";
}

struct Strange {
  const char* what;
  std::size_t at;
  std::uint8_t value;
};

TEST(IcmpQuote, Ipv4OfWhatIsNoErrorAboutADatagramOfOurs) {
  for (const Strange& strange : {Strange{"an echo request", kIcmp, 8},
                                 {"a redirect", kIcmp, 5},
                                 {"no IPv4 around it", 0, 0x65},
                                 {"a short header", 0, 0x44},
                                 {"a header beyond the end", 0, 0x4f},
                                 {"about no IPv4", kQuote, 0x65},
                                 {"about a short header", kQuote, 0x44},
                                 {"about a header beyond the end", kQuote, 0x4f},
                                 {"about TCP", kQuote + 9, 6},
                                 {"about a later fragment", kQuote + 7, 1}}) {
    Octets message = unreachable();
    message[strange.at] = strange.value;
    EXPECT_FALSE(read_icmp(bytes(message))) << strange.what;
  }
}

TEST(IcmpQuote, Ipv6OfWhatIsNoErrorAboutADatagramOfOurs) {
  for (const Strange& strange : {Strange{"an echo request", 0, 128},
                                 {"type 0", 0, 0},
                                 {"about no IPv6", 8, 0x45},
                                 {"about TCP", 14, 6},
                                 {"about hop-by-hop options", 14, 0}}) {
    Octets message = unreachable6();
    message[strange.at] = strange.value;
    EXPECT_FALSE(read_icmpv6(bytes(message))) << strange.what;
  }
}

}  // namespace
}  // namespace avedge::relay
