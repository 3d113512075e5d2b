#include "relay/core/local_addresses.h"

#include <gtest/gtest.h>

namespace avedge {
namespace {

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

const LocalAddresses kHost{{{*Prefix::parse("127.0.0.0/8")},
                            {*Prefix::parse("9.9.9.9/32")},
                            {*Prefix::parse("9.9.9.9/32"), 3},
                            {*Prefix::parse("10.77.0.10/32"), 4},
                            {*Prefix::parse("10.77.0.255/32")},
                            {*Prefix::parse("203.0.113.64/26")},  // a network routed to the host
                            {*Prefix::parse("2001:db8:1::10/128"), 3}}};

TEST(LocalAddresses, ContainAddressesAndWholeNetworksInEveryForm) {
  for (const char* own : {"127.0.0.1", "127.8.8.8", "9.9.9.9", "10.77.0.10", "10.77.0.255",
                          "203.0.113.64", "203.0.113.127", "2001:db8:1::10", "::ffff:9.9.9.9",
                          "64:ff9b::9.9.9.9", "2002:909:909::"}) {
    EXPECT_TRUE(kHost.contain(address(own))) << own;
  }
  for (const char* other : {"9.9.9.8", "10.77.0.11", "203.0.113.63", "203.0.113.128",
                            "2001:db8:1::11", "::ffff:9.9.9.8"}) {
    EXPECT_FALSE(kHost.contain(address(other))) << other;
  }
  EXPECT_FALSE(LocalAddresses{}.contain(address("127.0.0.1"))) << "nothing is known";
}

TEST(LocalAddresses, TheDeviceOfAnAddressIsTheOneThatHasIt) {
  EXPECT_EQ(kHost.device_of(address("9.9.9.9")), 3);
  EXPECT_EQ(kHost.device_of(address("10.77.0.10")), 4);
  EXPECT_EQ(kHost.device_of(address("10.77.0.255")), 0) << "a broadcast address";
  EXPECT_EQ(kHost.device_of(address("203.0.113.64")), 0) << "a network is no device's address";
  EXPECT_EQ(kHost.device_of(address("1.1.1.1")), 0);
}

TEST(LocalAddresses, TheSameAddressesInAnotherOrderAreTheSame) {
  const LocalAddresses one{{{*Prefix::parse("9.9.9.9/32"), 3}, {*Prefix::parse("127.0.0.0/8")}}};
  const LocalAddresses other{{{*Prefix::parse("127.0.0.0/8")},
                              {*Prefix::parse("9.9.9.9/32"), 3},
                              {*Prefix::parse("127.0.0.0/8")}}};
  EXPECT_EQ(one, other);
  EXPECT_EQ(other.size(), 2u);
  EXPECT_NE(one, kHost);
}

}  // namespace
}  // namespace avedge
