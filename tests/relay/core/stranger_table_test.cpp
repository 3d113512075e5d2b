// Who makes room, and when.
#include "relay/core/stranger_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace avedge {
namespace {

using std::chrono::seconds;
using Id = StrangerTable::Id;

const IpAddress kHonest = IpAddress::v4(203, 0, 113, 7);

IpAddress attacker(int host) {
  return IpAddress::v4(198, 51, 100, static_cast<std::uint8_t>(host));
}
IpAddress from_network(int network, int host = 1) {
  return IpAddress::v4(10, 0, static_cast<std::uint8_t>(network), static_cast<std::uint8_t>(host));
}
Time at(int second) {
  return Time{} + seconds{1000 + second};
}

Id must_admit(StrangerTable& table, const IpAddress& source, Time now) {
  const auto admission = table.admit(source, now);
  EXPECT_TRUE(admission) << source.to_string();
  return admission ? admission->id : 0;
}

TEST(StrangerTable, NobodyMakesRoomBelowTheCaps) {
  StrangerTable table{{.total = 3, .per_source = 3, .per_prefix = 3}};
  for (int i = 0; i < 3; ++i) {
    const auto admission = table.admit(attacker(1), at(i));
    ASSERT_TRUE(admission);
    EXPECT_FALSE(admission->evicted);
  }
  EXPECT_EQ(table.size(), 3u);
}

TEST(StrangerTable, SourceWithItsShareTakesThePlaceOfItsOwnOldest) {
  StrangerTable table{{.total = 100, .per_source = 2, .per_prefix = 100}};
  must_admit(table, attacker(1), at(0));
  const Id oldest = must_admit(table, attacker(2), at(1));
  must_admit(table, attacker(2), at(2));
  EXPECT_EQ(table.admit(attacker(2), at(3))->evicted, oldest);
  EXPECT_EQ(table.size(), 3u);
}

TEST(StrangerTable, PrefixWithItsShareTakesThePlaceOfItsOwnOldest) {
  StrangerTable table{{.total = 100, .per_source = 100, .per_prefix = 2}};
  must_admit(table, kHonest, at(0));
  const Id oldest = must_admit(table, attacker(1), at(1));
  must_admit(table, attacker(2), at(2));
  EXPECT_EQ(table.admit(attacker(3), at(3))->evicted, oldest);
}

TEST(StrangerTable, FullTableGivesThePlaceOfTheBusiestPrefixNotOfTheOldestStranger) {
  StrangerTable table{{.total = 4, .per_source = 4, .per_prefix = 4}};
  const Id honest = must_admit(table, kHonest, at(0));
  const Id oldest = must_admit(table, attacker(1), at(1));
  must_admit(table, attacker(2), at(2));
  must_admit(table, attacker(3), at(3));
  EXPECT_EQ(table.admit(from_network(9), at(4))->evicted, oldest);
  EXPECT_TRUE(table.contains(honest));
}

TEST(StrangerTable, AmongPrefixesOfOneSizeTheOldestStrangerMakesRoom) {
  StrangerTable table{{.total = 3, .per_source = 3, .per_prefix = 3}};
  must_admit(table, from_network(200), at(5));
  const Id oldest = must_admit(table, from_network(7), at(1));
  must_admit(table, from_network(1), at(3));
  EXPECT_EQ(table.admit(from_network(100), at(6))->evicted, oldest);
}

TEST(StrangerTable, Ipv6CountsByItsSlash64) {
  StrangerTable table{{.total = 100, .per_source = 1, .per_prefix = 100}};
  const Id first = must_admit(table, *IpAddress::parse("2001:db8:1:2::1"), at(0));
  EXPECT_EQ(table.admit(*IpAddress::parse("2001:db8:1:2:ffff::9"), at(1))->evicted, first);
  EXPECT_FALSE(table.admit(*IpAddress::parse("2001:db8:1:3::1"), at(2))->evicted);
}

TEST(StrangerTable, LastRequestSaysWhoHasBeenIdleForLongest) {
  StrangerTable table{{.total = 3, .per_source = 3, .per_prefix = 3}};
  const Id speaks = must_admit(table, attacker(1), at(0));
  const Id silent = must_admit(table, attacker(1), at(1));
  const Id younger = must_admit(table, attacker(1), at(4));
  table.note_request(speaks, at(2));
  EXPECT_EQ(table.evict(at(5)), silent);
  EXPECT_EQ(table.evict(at(5)), speaks);
  EXPECT_EQ(table.evict(at(5)), younger);
  EXPECT_EQ(table.evict(at(5)), std::nullopt);
}

TEST(StrangerTable, BusyStrangersDoNotMakeRoomBeforeTheyAreIdle) {
  StrangerTable table{{.total = 2, .per_source = 2, .per_prefix = 2, .idle_after = seconds{30}}};
  const Id first = must_admit(table, attacker(1), at(0));
  const Id second = must_admit(table, attacker(1), at(0));
  table.note_request(first, at(10));
  table.note_request(second, at(20));
  EXPECT_FALSE(table.admit(kHonest, at(39)));
  EXPECT_EQ(table.admit(kHonest, at(40))->evicted, first);
}

TEST(StrangerTable, SilentStrangerMakesRoomAtOnceAlthoughABusyOneIsOlder) {
  StrangerTable table{{.total = 2, .per_source = 2, .per_prefix = 2, .idle_after = seconds{30}}};
  const Id busy = must_admit(table, attacker(1), at(0));
  const Id silent = must_admit(table, attacker(1), at(20));
  table.note_request(busy, at(10));
  EXPECT_EQ(table.admit(kHonest, at(21))->evicted, silent);
}

TEST(StrangerTable, AnotherPrefixMakesRoomWhileTheBusiestIsBusy) {
  StrangerTable table{{.total = 3, .per_source = 3, .per_prefix = 3, .idle_after = seconds{30}}};
  for (int i = 0; i < 2; ++i) table.note_request(must_admit(table, attacker(1), at(i)), at(10));
  const Id silent = must_admit(table, from_network(1), at(11));
  EXPECT_EQ(table.admit(kHonest, at(12))->evicted, silent);
}

TEST(StrangerTable, WhatLeftCountsNoMore) {
  StrangerTable table{{.total = 10, .per_source = 1, .per_prefix = 10}};
  const Id first = must_admit(table, attacker(1), at(0));
  EXPECT_TRUE(table.remove(first));
  EXPECT_FALSE(table.remove(first));
  table.note_request(first, at(1));  // of an evicted connection: nothing happens
  EXPECT_EQ(table.size(), 0u);
  EXPECT_FALSE(table.admit(attacker(1), at(2))->evicted);
}

/// The attack: 17 addresses of one network with 64 silent connections each, and they go on.
TEST(StrangerTable, NewcomersOfOtherNetworksOutliveAFloodFromOne) {
  StrangerTable table{{}};
  for (int round = 0; round < 64; ++round) {
    for (int host = 100; host < 117; ++host) must_admit(table, attacker(host), at(0));
  }
  const Id honest = must_admit(table, kHonest, at(1));
  for (int i = 0; i < 3000; ++i) must_admit(table, attacker(100 + i % 100), at(2));
  EXPECT_TRUE(table.contains(honest));
  EXPECT_LE(table.size(), 1024u);
}

/// Against a plain count: the caps hold, and nothing is left when all are gone.
TEST(StrangerTable, HoldsItsCapsWhateverHappens) {
  StrangerTable table{{.total = 40, .per_source = 4, .per_prefix = 10, .idle_after = seconds{3}}};
  std::mt19937 random{7};
  std::map<Id, IpAddress> there;
  for (int step = 0; step < 3000; ++step) {
    const Time now = at(step / 10);
    const IpAddress source =
        from_network(static_cast<int>(random() % 48) / 6, static_cast<int>(random() % 6));
    const auto any = [&] { return std::next(there.begin(), random() % there.size())->first; };
    if (const auto action = random() % 4; action < 2) {
      if (const auto admission = table.admit(source, now)) {
        if (admission->evicted) {
          ASSERT_EQ(there.erase(*admission->evicted), 1u);
        }
        there.emplace(admission->id, source);
      }
    } else if (action == 2 && !there.empty()) {
      table.note_request(any(), now);
    } else if (!there.empty() && random() % 4 == 0) {
      const Id gone = any();
      ASSERT_TRUE(table.remove(gone));
      there.erase(gone);
    }
    ASSERT_EQ(table.size(), there.size());
    ASSERT_LE(there.size(), 40u);
    std::map<IpAddress, int> of_source;
    for (const auto& [id, from] : there) ASSERT_LE(++of_source[from], 4);
  }
  for (const auto& [id, from] : there) ASSERT_TRUE(table.remove(id));
  EXPECT_EQ(table.evict(at(10'000)), std::nullopt);
}

}  // namespace
}  // namespace avedge
