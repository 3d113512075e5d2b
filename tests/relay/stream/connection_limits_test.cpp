// Who may still open a connection.
#include "relay/stream/connection_limits.h"

#include <gtest/gtest.h>

#include <vector>

namespace avedge::relay {
namespace {

const IpAddress kOne = IpAddress::v4(192, 0, 2, 1);
const IpAddress kOther = IpAddress::v4(192, 0, 2, 2);

TEST(ConnectionLimits, OneSourceHasOnlySoManyHalfOpenConnections) {
  ConnectionLimits limits{{.total = 10, .half_open = 10, .half_open_per_source = 2}};
  auto first = limits.admit(kOne);
  auto second = limits.admit(kOne);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(limits.admit(kOne));
  EXPECT_TRUE(limits.admit(kOther));

  first->settle();
  EXPECT_TRUE(limits.admit(kOne)) << "settled connections are no longer strangers";
}

TEST(ConnectionLimits, AllSourcesTogetherHaveOnlySoMany) {
  ConnectionLimits limits{{.total = 3, .half_open = 2, .half_open_per_source = 5}};
  auto first = limits.admit(kOne);
  auto second = limits.admit(kOther);
  EXPECT_FALSE(limits.admit(kOne)) << "half-open ones";
  first->settle();
  second->settle();
  auto third = limits.admit(kOne);
  EXPECT_TRUE(third);
  third->settle();
  EXPECT_FALSE(limits.admit(kOne)) << "all";
  EXPECT_EQ(limits.open(), 3u);
  EXPECT_EQ(limits.half_open(), 0u);
}

TEST(ConnectionLimits, APlaceIsGivenBackOnceWhateverBecameOfIt) {
  ConnectionLimits limits{{.total = 1, .half_open = 1, .half_open_per_source = 1}};
  {
    auto admission = limits.admit(kOne);
    admission->settle();
    admission->settle();
    Admission moved = std::move(*admission);
    EXPECT_EQ(limits.open(), 1u);
  }
  { const auto unsettled = limits.admit(kOne); }
  EXPECT_EQ(limits.open(), 0u);
  EXPECT_EQ(limits.half_open(), 0u);
  EXPECT_TRUE(limits.admit(kOne));
}

TEST(ConnectionLimits, AnIpv6HostCannotHideBehindItsSlash64) {
  ConnectionLimits limits{{.total = 10, .half_open = 10, .half_open_per_source = 1}};
  auto first = limits.admit(*IpAddress::parse("2001:db8:1:2::1"));
  EXPECT_TRUE(first);
  EXPECT_FALSE(limits.admit(*IpAddress::parse("2001:db8:1:2:ffff::9")));
  EXPECT_TRUE(limits.admit(*IpAddress::parse("2001:db8:1:3::1")));
}

}  // namespace
}  // namespace avedge::relay
