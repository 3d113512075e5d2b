#include "relay/ports/port_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace avedge::relay {
namespace {

// A clock that the test moves; a plain function, because the pool holds a function pointer.
Time test_now{std::chrono::hours{1}};
Time test_clock() {
  return test_now;
}

PortPool pool(std::uint16_t first, std::uint16_t last) {
  return PortPool{Port{first}, Port{last}, &test_clock};
}

TEST(PortPool, LeasesEveryPortOnceAndThenNone) {
  auto ports = pool(50000, 50130);
  std::vector<PortLease> leases;
  std::set<Port> seen;
  while (auto lease = ports.lease_any()) {
    seen.insert(lease->port());
    leases.push_back(std::move(*lease));
  }
  EXPECT_EQ(leases.size(), 131u);
  EXPECT_EQ(seen.size(), 131u);
  EXPECT_EQ(*seen.begin(), Port{50000});
  EXPECT_EQ(*seen.rbegin(), Port{50130});
  EXPECT_EQ(ports.in_use(), 131u);
  leases.clear();
  EXPECT_EQ(ports.in_use(), 0u);
}

struct Range {
  const char* name;
  std::uint16_t first;
  std::uint16_t last;
  std::size_t size;
  std::size_t pairs;
};

class PortPoolRanges : public testing::TestWithParam<Range> {};

TEST_P(PortPoolRanges, PairsAreAnEvenPortAndTheNext) {
  const Range range = GetParam();
  auto ports = pool(range.first, range.last);
  EXPECT_EQ(ports.size(), range.size);
  std::vector<PortLeasePair> pairs;
  while (auto pair = ports.lease_pair()) {
    EXPECT_TRUE(pair->even.port().is_even());
    EXPECT_EQ(pair->odd.port(), pair->even.port().next());
    EXPECT_GE(pair->even.port().number(), range.first);
    EXPECT_LE(pair->odd.port().number(), range.last);
    pairs.push_back(std::move(*pair));
  }
  EXPECT_EQ(pairs.size(), range.pairs);
}

INSTANTIATE_TEST_SUITE_P(Shapes, PortPoolRanges,
                         testing::Values(Range{"even_to_odd", 50000, 50199, 200, 100},
                                         Range{"odd_to_even", 50001, 50200, 200, 99},
                                         Range{"one_pair", 50000, 50001, 2, 1},
                                         Range{"one_port", 50001, 50001, 1, 0},
                                         Range{"up_to_the_last_port", 65500, 65535, 36, 18}),
                         [](const auto& instance) { return instance.param.name; });

TEST(PortPool, EvenLeasesAreEvenAndLeaveTheOddOnes) {
  auto ports = pool(50000, 50009);
  std::vector<PortLease> even;
  while (auto lease = ports.lease_even()) even.push_back(std::move(*lease));
  EXPECT_EQ(even.size(), 5u);
  EXPECT_TRUE(std::all_of(even.begin(), even.end(),
                          [](const PortLease& lease) { return lease.port().is_even(); }));
  EXPECT_FALSE(ports.lease_pair());
  EXPECT_TRUE(ports.lease_any());
}

TEST(PortPool, FreedPortsRestBeforeTheyAreLeasedAgain) {
  auto ports = pool(50000, 50063);
  const Port freed = ports.lease_any()->port();  // the lease ends at once
  std::vector<PortLease> others;
  for (int i = 0; i < 63; ++i) {
    others.push_back(*ports.lease_any());
    EXPECT_NE(others.back().port(), freed);
  }
  EXPECT_EQ(ports.lease_any()->port(), freed) << "a resting port beats none at all";
  others.clear();
  test_now += PortPool::kRest;
  EXPECT_TRUE(ports.lease_any());
}

TEST(PortPool, WhatHasRestedIsFoundAfterSearchesInVain) {
  auto ports = pool(50000, 50063);
  std::vector<PortLease> leases;
  while (auto lease = ports.lease_any()) leases.push_back(std::move(*lease));
  const Port first_freed = leases.back().port();
  leases.pop_back();
  test_now += PortPool::kRest / 2;
  leases.resize(8);
  std::vector<Port> early;  // while all rest: any of them, again and again
  for (int i = 0; i < 8; ++i) {
    leases.push_back(*ports.lease_any());
    early.push_back(leases.back().port());
  }
  test_now += PortPool::kRest / 2;
  if (std::count(early.begin(), early.end(), first_freed) == 0) {
    EXPECT_EQ(ports.lease_any()->port(), first_freed);
  }
  EXPECT_TRUE(ports.lease_even() && ports.lease_pair());
}

TEST(PortPool, LeasesStartAtUnpredictablePlaces) {
  std::set<Port> first;
  for (int i = 0; i < 32; ++i) first.insert(pool(50000, 59999).lease_any()->port());
  EXPECT_GT(first.size(), 24u);
}

TEST(PortPool, KnowsWhatIsLeased) {
  auto ports = pool(50001, 50100);
  const auto lease = ports.lease_any();
  EXPECT_TRUE(ports.is_leased(lease->port()));
  for (const int outside : {0, 3478, 49999, 50000, 50101, 65535}) {
    EXPECT_FALSE(ports.is_leased(Port{static_cast<std::uint16_t>(outside)})) << outside;
  }
}

TEST(PortLease, MovingKeepsThePortAndAssigningFreesTheOldOne) {
  auto ports = pool(50000, 50009);
  PortLease a = *ports.lease_any();
  PortLease b = std::move(a);
  EXPECT_FALSE(a);
  EXPECT_EQ(ports.in_use(), 1u);
  b = *ports.lease_any();
  EXPECT_EQ(ports.in_use(), 1u);
  b = PortLease{};
  EXPECT_EQ(ports.in_use(), 0u);
}

}  // namespace
}  // namespace avedge::relay
