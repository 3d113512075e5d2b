// How much gets through, by a clock that the test turns.
#include "relay/flows/allocation_bandwidth.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

namespace avedge::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Time kStart{std::chrono::hours{1}};
constexpr std::uint64_t kPacket = 1000;
constexpr Bandwidth k800Kilobits{800};  // a hundred packets a second

/// Packets that pass when every allocation tries one each millisecond, on a worker of its own or
/// all on the same.
enum class Workers { one, one_each };
std::uint64_t passed(const BandwidthGrant& grant, std::size_t count,
                     Workers workers = Workers::one) {
  std::vector<LocalCredits> shares(count);
  std::vector<AllocationBandwidth> allocations;
  for (std::size_t i = 0; i < count; ++i) {
    allocations.emplace_back(grant, shares[workers == Workers::one ? 0 : i]);
  }
  std::uint64_t sum = 0;
  for (Time now = kStart; now < kStart + seconds{10}; now += milliseconds{1}) {
    for (AllocationBandwidth& allocation : allocations) sum += allocation.spend(now, kPacket);
  }
  return sum;
}

/// A hundred packets a second, and a burst of 200 ms.
constexpr std::uint64_t kTenSeconds = 1000 + 20;

TEST(AllocationBandwidth, WithoutLimitsEverythingPasses) {
  EXPECT_FALSE(BandwidthGrant{}.is_limited());
  EXPECT_EQ(passed(BandwidthGrant{}, 2), 20'000u);
}

TEST(AllocationBandwidth, EachAllocationHasItsOwn) {
  EXPECT_EQ(passed({k800Kilobits, nullptr, nullptr}, 1), kTenSeconds);
  EXPECT_EQ(passed({k800Kilobits, nullptr, nullptr}, 3), 3 * kTenSeconds);
}

TEST(AllocationBandwidth, AllAllocationsOfAUserShareTheUsersOnAllWorkers) {
  for (const auto workers : {Workers::one, Workers::one_each}) {
    for (const std::size_t allocations : {1u, 2u, 10u}) {
      const BandwidthGrant grant{{}, std::make_shared<SharedBudget>(k800Kilobits), nullptr};
      EXPECT_EQ(passed(grant, allocations, workers), kTenSeconds) << allocations;
    }
  }
}

TEST(AllocationBandwidth, TheEdgesBudgetHoldsForEverybody) {
  const BandwidthGrant grant{{}, nullptr, std::make_shared<SharedBudget>(k800Kilobits)};
  EXPECT_EQ(passed(grant, 5), kTenSeconds);
}

TEST(AllocationBandwidth, ManyQuietAllocationsOfAUserWithinTheLimitLoseNothing) {
  const BandwidthGrant grant{{}, std::make_shared<SharedBudget>(Bandwidth{80'000}), nullptr};
  LocalCredits shares;
  std::vector<AllocationBandwidth> allocations;
  for (int i = 0; i < 500; ++i) allocations.emplace_back(grant, shares);
  std::uint64_t lost = 0;
  for (Time now = kStart; now < kStart + seconds{1}; now += milliseconds{100}) {
    for (AllocationBandwidth& allocation : allocations) lost += !allocation.spend(now, kPacket);
  }
  EXPECT_EQ(lost, 0u);
}

TEST(AllocationBandwidth, NobodyIsStarvedByAnotherOfTheSameUser) {
  const BandwidthGrant grant{{}, std::make_shared<SharedBudget>(Bandwidth{8000}), nullptr};
  std::array<LocalCredits, 2> workers;
  std::array<AllocationBandwidth, 2> both{AllocationBandwidth{grant, workers[0]},
                                          AllocationBandwidth{grant, workers[1]}};
  std::array<std::uint64_t, 2> counts{};
  std::minstd_rand random{1};
  for (Time now = kStart; now < kStart + seconds{10}; now += std::chrono::microseconds{100}) {
    const std::size_t whose = random() % 2;
    counts[whose] += both[whose].spend(now, kPacket);
  }
  EXPECT_GT(counts[0], 3000u);
  EXPECT_GT(counts[1], 3000u);
}

TEST(AllocationBandwidth, WhatAnAllocationMayNotSendCostsItsUserNothing) {
  const auto user = std::make_shared<SharedBudget>(k800Kilobits);
  LocalCredits shares;
  AllocationBandwidth greedy{{Bandwidth{80}, user, nullptr}, shares};
  AllocationBandwidth modest{{{}, user, nullptr}, shares};
  std::uint64_t count = 0;
  for (Time now = kStart; now < kStart + seconds{10}; now += milliseconds{1}) {
    (void)greedy.spend(now, kPacket);
    count += modest.spend(now, kPacket);
  }
  EXPECT_GE(count, kTenSeconds - kTenSeconds / 10);
}

TEST(LocalCredits, ThereIsOneForEachBudget) {
  LocalCredits shares;
  const auto alice = std::make_shared<SharedBudget>(k800Kilobits);
  const auto bob = std::make_shared<SharedBudget>(k800Kilobits);
  const auto share = shares.of(alice);
  EXPECT_EQ(shares.of(alice), share);
  EXPECT_NE(shares.of(bob), share);
  EXPECT_EQ(shares.of(nullptr), nullptr);
}

TEST(LocalCredits, ThoseOfUsersWhoLeftAreForgotten) {
  LocalCredits shares;
  for (int i = 0; i < 10'000; ++i) {
    (void)shares.of(std::make_shared<SharedBudget>(k800Kilobits));
  }
  EXPECT_LE(shares.size(), 64u);
}

}  // namespace
}  // namespace avedge::relay
