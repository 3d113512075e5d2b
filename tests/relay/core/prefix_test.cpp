#include "relay/core/prefix.h"

#include <gtest/gtest.h>

namespace avedge {
namespace {

TEST(Prefix, TextFormsRoundTrip) {
  for (const char* text : {"0.0.0.0/0", "10.20.0.0/16", "192.0.2.1/32", "::/0", "2001:db8::/32",
                           "fd00:8000::/17", "::1/128"}) {
    const auto prefix = Prefix::parse(text);
    ASSERT_TRUE(prefix) << text;
    EXPECT_EQ(prefix->to_string(), text);
  }
  EXPECT_EQ(Prefix::parse("192.0.2.1")->length(), 32u);
  EXPECT_EQ(Prefix::parse("::1")->length(), 128u);
}

TEST(Prefix, RejectsWhatIsNone) {
  for (const char* text : {"", "/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8x",
                           "10.0.0.0/-1", "10.0.0.1/8", "2001:db8::1/32", "example.org/8"}) {
    EXPECT_FALSE(Prefix::parse(text)) << text;
  }
}

TEST(Prefix, ContainsByBitsAndFamily) {
  const auto prefix = *Prefix::parse("172.16.0.0/12");
  EXPECT_TRUE(prefix.contains(*IpAddress::parse("172.16.0.0")));
  EXPECT_TRUE(prefix.contains(*IpAddress::parse("172.31.255.255")));
  EXPECT_FALSE(prefix.contains(*IpAddress::parse("172.32.0.0")));
  EXPECT_FALSE(prefix.contains(*IpAddress::parse("::172.16.0.1")));
  EXPECT_TRUE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("255.255.255.255")));
  EXPECT_FALSE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("::")));
}

}  // namespace
}  // namespace avedge
