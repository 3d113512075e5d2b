#include "relay/quota_ledger.h"

#include <gtest/gtest.h>

namespace avedge::relay {
namespace {

const IpAddress kHome = IpAddress::v4(192, 0, 2, 1);
const IpAddress kOffice = IpAddress::v4(192, 0, 2, 2);

// A well-known mistake: a user's quota that acts as the quota of all users together.
TEST(QuotaLedger, AUsersQuotaIsHisOwn) {
  QuotaLedger ledger{{.per_user = 2}};
  EXPECT_TRUE(ledger.begin_allocation("alice", kHome));
  EXPECT_TRUE(ledger.begin_allocation("alice", kOffice));
  EXPECT_FALSE(ledger.begin_allocation("alice", kHome));
  EXPECT_TRUE(ledger.begin_allocation("bob", kHome));
}

TEST(QuotaLedger, ASourcesQuotaCountsAllItsUsers) {
  QuotaLedger ledger{{.per_source = 2}};
  EXPECT_TRUE(ledger.begin_allocation("alice", kHome));
  EXPECT_TRUE(ledger.begin_allocation("bob", kHome));
  EXPECT_FALSE(ledger.begin_allocation("carol", kHome));
  EXPECT_TRUE(ledger.begin_allocation("carol", kOffice));
}

TEST(QuotaLedger, TheTotalCountsEverybody) {
  QuotaLedger ledger{{.total = 2}};
  EXPECT_TRUE(ledger.begin_allocation("alice", kHome));
  EXPECT_TRUE(ledger.begin_allocation("bob", kOffice));
  const auto third = ledger.begin_allocation("carol", kHome);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.reason(), DropReason::allocation_quota);
}

TEST(QuotaLedger, ARefusalBooksNothing) {
  QuotaLedger ledger{{.per_user = 1, .per_source = 1, .total = 2}};
  EXPECT_TRUE(ledger.begin_allocation("alice", kHome));
  EXPECT_FALSE(ledger.begin_allocation("alice", kOffice)) << "user";
  EXPECT_FALSE(ledger.begin_allocation("bob", kHome)) << "source";
  EXPECT_TRUE(ledger.begin_allocation("bob", kOffice)) << "neither was booked on bob or office";
}

TEST(QuotaLedger, EndingMakesRoom) {
  QuotaLedger ledger{{.per_user = 1, .per_source = 1, .total = 1}};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(ledger.begin_allocation("alice", kHome));
    ASSERT_FALSE(ledger.begin_allocation("alice", kHome));
    ledger.end_allocation("alice", kHome);
  }
}

TEST(QuotaLedger, AMovedAllocationCountsWhereItWentAndNoLongerWhereItWas) {
  QuotaLedger ledger{{.per_source = 1}};
  ASSERT_TRUE(ledger.begin_allocation("alice", kHome));
  ASSERT_TRUE(ledger.move_allocation(kHome, kOffice));
  EXPECT_TRUE(ledger.begin_allocation("bob", kHome));
  EXPECT_FALSE(ledger.begin_allocation("carol", kOffice));
  EXPECT_EQ(ledger.allocation_count(), 2u);
}

TEST(QuotaLedger, AMoveThatHasNoRoomChangesNothing) {
  QuotaLedger ledger{{.per_source = 1}};
  ASSERT_TRUE(ledger.begin_allocation("alice", kHome));
  ASSERT_TRUE(ledger.begin_allocation("bob", kOffice));
  const auto moved = ledger.move_allocation(kHome, kOffice);
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.reason(), DropReason::allocation_quota);
  EXPECT_TRUE(ledger.move_allocation(kHome, kHome)) << "to where it is";
  EXPECT_FALSE(ledger.begin_allocation("carol", kHome)) << "it still counts there";
  ledger.end_allocation("alice", kHome);
  EXPECT_TRUE(ledger.begin_allocation("carol", kHome));
}

TEST(QuotaLedger, ADrainingEdgeTakesNobodyNew) {
  QuotaLedger ledger{{}};
  ASSERT_TRUE(ledger.begin_allocation("alice", kHome));
  ledger.refuse_new();
  EXPECT_FALSE(ledger.begin_allocation("bob", kOffice));
  ledger.end_allocation("alice", kHome);
}

TEST(QuotaLedger, AllAllocationsOfAUserShareOneBudget) {
  QuotaLedger ledger{{}, {.per_allocation = {1}, .per_user = {2}, .total = {3}}};
  EXPECT_EQ(ledger.bandwidth_for("alice").user, nullptr) << "who has no allocation";
  ASSERT_TRUE(ledger.begin_allocation("alice", kHome));
  ASSERT_TRUE(ledger.begin_allocation("alice", kOffice));
  ASSERT_TRUE(ledger.begin_allocation("bob", kOffice));
  const BandwidthGrant first = ledger.bandwidth_for("alice");
  const BandwidthGrant second = ledger.bandwidth_for("alice");
  const BandwidthGrant bobs = ledger.bandwidth_for("bob");
  EXPECT_EQ(first.allocation, Bandwidth{1});
  ASSERT_NE(first.user, nullptr);
  EXPECT_EQ(first.user, second.user);
  EXPECT_NE(first.user, bobs.user);
  ASSERT_NE(first.edge, nullptr);
  EXPECT_EQ(first.edge, bobs.edge);
}

TEST(QuotaLedger, BandwidthIsNotLimitedUnlessAskedFor) {
  QuotaLedger ledger{{}};
  ASSERT_TRUE(ledger.begin_allocation("alice", kHome));
  EXPECT_FALSE(ledger.bandwidth_for("alice").is_limited());
}

TEST(QuotaLedger, ZeroMeansNoLimit) {
  QuotaLedger ledger{{}};
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(ledger.begin_allocation("alice", kHome));
}

}  // namespace
}  // namespace avedge::relay
