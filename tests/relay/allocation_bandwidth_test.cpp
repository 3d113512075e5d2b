// How much gets through, by a clock that the test turns.
#include "relay/allocation_bandwidth.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <thread>
#include <vector>

namespace avedge::relay {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Time kStart{std::chrono::hours{1}};
constexpr std::uint64_t kPacket = 1000;
constexpr Bandwidth k800Kilobits{800};  // a hundred packets a second

/// Packets that pass when every allocation tries one each millisecond.
std::uint64_t passed(std::vector<AllocationBandwidth>& allocations, BudgetShare& edge,
                     Duration length = seconds{10}) {
  std::uint64_t count = 0;
  for (Time now = kStart; now < kStart + length; now += milliseconds{1}) {
    for (AllocationBandwidth& allocation : allocations)
      count += allocation.spend(now, kPacket, edge);
  }
  return count;
}

std::uint64_t passed(const BandwidthGrant& grant, std::size_t allocations) {
  std::vector<AllocationBandwidth> all(allocations, AllocationBandwidth{grant});
  BudgetShare edge{grant.edge};
  return passed(all, edge);
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

TEST(AllocationBandwidth, AllAllocationsOfAUserShareTheUsers) {
  for (const std::size_t allocations : {1u, 2u, 10u}) {
    const BandwidthGrant grant{{}, std::make_shared<SharedBudget>(k800Kilobits), nullptr};
    EXPECT_NEAR(static_cast<double>(passed(grant, allocations)), kTenSeconds,
                static_cast<double>(allocations));
  }
}

TEST(AllocationBandwidth, NobodyIsStarvedByAnotherOfTheSameUser) {
  const BandwidthGrant grant{{}, std::make_shared<SharedBudget>(Bandwidth{8000}), nullptr};
  std::array<AllocationBandwidth, 2> both{AllocationBandwidth{grant}, AllocationBandwidth{grant}};
  std::array<std::uint64_t, 2> counts{};
  BudgetShare edge;
  std::minstd_rand random{1};
  for (Time now = kStart; now < kStart + seconds{10}; now += std::chrono::microseconds{100}) {
    const std::size_t whose = random() % 2;
    counts[whose] += both[whose].spend(now, kPacket, edge);
  }
  EXPECT_GT(counts[0], 3000u);
  EXPECT_GT(counts[1], 3000u);
}

TEST(AllocationBandwidth, TheEdgesBudgetHoldsForEverybody) {
  const BandwidthGrant grant{{}, nullptr, std::make_shared<SharedBudget>(k800Kilobits)};
  EXPECT_NEAR(static_cast<double>(passed(grant, 5)), kTenSeconds, 1);
}

TEST(AllocationBandwidth, WhatAnAllocationMayNotSendCostsItsUserNothing) {
  const auto user = std::make_shared<SharedBudget>(k800Kilobits);
  std::vector<AllocationBandwidth> greedy(
      1, AllocationBandwidth{BandwidthGrant{Bandwidth{80}, user, nullptr}});
  std::vector<AllocationBandwidth> modest(1,
                                          AllocationBandwidth{BandwidthGrant{{}, user, nullptr}});
  BudgetShare edge;
  std::uint64_t count = 0;
  for (Time now = kStart; now < kStart + seconds{10}; now += milliseconds{1}) {
    (void)greedy[0].spend(now, kPacket, edge);
    count += modest[0].spend(now, kPacket, edge);
  }
  EXPECT_GE(count, kTenSeconds - 103 - 2);
}

TEST(SharedBudget, ManyThreadsTakeNoMoreThanThereIs) {
  SharedBudget budget{k800Kilobits};
  std::atomic<std::uint64_t> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (Time now = kStart; now < kStart + seconds{10}; now += milliseconds{1}) {
        if (budget.take(now, kPacket)) taken += 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(taken, kTenSeconds + 4);
  EXPECT_GE(taken, 1000u);
}

}  // namespace
}  // namespace avedge::relay
