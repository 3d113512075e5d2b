#include "relay/ports/shared_allocation_quota.h"

#include <gtest/gtest.h>

namespace avedge::relay {
namespace {

const IpAddress kHome = IpAddress::v4(192, 0, 2, 1);
const IpAddress kOffice = IpAddress::v4(192, 0, 2, 2);

// A well-known mistake: a user's quota that acts as the quota of all users together.
TEST(SharedAllocationQuota, AUsersQuotaIsHisOwn) {
  SharedAllocationQuota quota{{.per_user = 2}};
  EXPECT_TRUE(quota.begin_allocation("alice", kHome));
  EXPECT_TRUE(quota.begin_allocation("alice", kOffice));
  EXPECT_FALSE(quota.begin_allocation("alice", kHome));
  EXPECT_TRUE(quota.begin_allocation("bob", kHome));
}

TEST(SharedAllocationQuota, ASourcesQuotaCountsAllItsUsers) {
  SharedAllocationQuota quota{{.per_source = 2}};
  EXPECT_TRUE(quota.begin_allocation("alice", kHome));
  EXPECT_TRUE(quota.begin_allocation("bob", kHome));
  EXPECT_FALSE(quota.begin_allocation("carol", kHome));
  EXPECT_TRUE(quota.begin_allocation("carol", kOffice));
}

TEST(SharedAllocationQuota, TheTotalCountsEverybody) {
  SharedAllocationQuota quota{{.total = 2}};
  EXPECT_TRUE(quota.begin_allocation("alice", kHome));
  EXPECT_TRUE(quota.begin_allocation("bob", kOffice));
  const auto third = quota.begin_allocation("carol", kHome);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.reason(), DropReason::allocation_quota);
}

TEST(SharedAllocationQuota, ARefusalBooksNothing) {
  SharedAllocationQuota quota{{.per_user = 1, .per_source = 1, .total = 2}};
  EXPECT_TRUE(quota.begin_allocation("alice", kHome));
  EXPECT_FALSE(quota.begin_allocation("alice", kOffice)) << "user";
  EXPECT_FALSE(quota.begin_allocation("bob", kHome)) << "source";
  EXPECT_TRUE(quota.begin_allocation("bob", kOffice)) << "neither was booked on bob or office";
}

TEST(SharedAllocationQuota, EndingMakesRoom) {
  SharedAllocationQuota quota{{.per_user = 1, .per_source = 1, .total = 1}};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(quota.begin_allocation("alice", kHome));
    ASSERT_FALSE(quota.begin_allocation("alice", kHome));
    quota.end_allocation("alice", kHome);
  }
}

TEST(SharedAllocationQuota, AMovedAllocationCountsWhereItWentAndNoLongerWhereItWas) {
  SharedAllocationQuota quota{{.per_source = 1}};
  ASSERT_TRUE(quota.begin_allocation("alice", kHome));
  ASSERT_TRUE(quota.move_allocation(kHome, kOffice));
  EXPECT_TRUE(quota.begin_allocation("bob", kHome));
  EXPECT_FALSE(quota.begin_allocation("carol", kOffice));
  EXPECT_EQ(quota.allocation_count(), 2u);
}

TEST(SharedAllocationQuota, AMoveThatHasNoRoomChangesNothing) {
  SharedAllocationQuota quota{{.per_source = 1}};
  ASSERT_TRUE(quota.begin_allocation("alice", kHome));
  ASSERT_TRUE(quota.begin_allocation("bob", kOffice));
  const auto moved = quota.move_allocation(kHome, kOffice);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.reason(), DropReason::allocation_quota);
  EXPECT_TRUE(quota.move_allocation(kHome, kHome)) << "to where it is";
  EXPECT_FALSE(quota.begin_allocation("carol", kHome)) << "it still counts there";
  quota.end_allocation("alice", kHome);
  EXPECT_TRUE(quota.begin_allocation("carol", kHome));
}

TEST(SharedAllocationQuota, ADrainingEdgeTakesNobodyNew) {
  SharedAllocationQuota quota{{}};
  ASSERT_TRUE(quota.begin_allocation("alice", kHome));
  quota.refuse_new();
  EXPECT_FALSE(quota.begin_allocation("bob", kOffice));
  quota.end_allocation("alice", kHome);
}

TEST(SharedAllocationQuota, AllAllocationsOfAUserShareOneBudget) {
  SharedAllocationQuota quota{{}, {.per_allocation = {1}, .per_user = {2}, .total = {3}}};
  EXPECT_EQ(quota.bandwidth_for("alice").user, nullptr) << "who has no allocation";
  ASSERT_TRUE(quota.begin_allocation("alice", kHome));
  ASSERT_TRUE(quota.begin_allocation("alice", kOffice));
  ASSERT_TRUE(quota.begin_allocation("bob", kOffice));
  const BandwidthGrant first = quota.bandwidth_for("alice");
  const BandwidthGrant second = quota.bandwidth_for("alice");
  const BandwidthGrant bobs = quota.bandwidth_for("bob");
  EXPECT_EQ(first.allocation, Bandwidth{1});
  ASSERT_NE(first.user, nullptr);
  EXPECT_EQ(first.user, second.user);
  EXPECT_NE(first.user, bobs.user);
  ASSERT_NE(first.edge, nullptr);
  EXPECT_EQ(first.edge, bobs.edge);
}

TEST(SharedAllocationQuota, BandwidthIsNotLimitedUnlessAskedFor) {
  SharedAllocationQuota quota{{}};
  ASSERT_TRUE(quota.begin_allocation("alice", kHome));
  EXPECT_FALSE(quota.bandwidth_for("alice").is_limited());
}

TEST(SharedAllocationQuota, ZeroMeansNoLimit) {
  SharedAllocationQuota quota{{}};
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(quota.begin_allocation("alice", kHome));
}

}  // namespace
}  // namespace avedge::relay
