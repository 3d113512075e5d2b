// Whom a full table gives up for a newcomer.
#include "signaling-shim/sip/stranger_table.h"

#include <gtest/gtest.h>

namespace avedge::sip {
namespace {

using namespace std::chrono_literals;
using Full = StrangerTable::Full;

constexpr Time kStart{std::chrono::hours{1}};

struct Member {
  StrangerTable::Id id;
  const char* source;
  std::chrono::seconds active;  // after kStart
};

struct Case {
  const char* name;
  StrangerTable::Limits limits;
  std::vector<Member> members;
  std::chrono::seconds now;
  const char* newcomer;
  bool is_granted;
  std::optional<StrangerTable::Id> evicted;
  Full full;
};

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

const std::vector<Case> kCases{
    {"there is room", {3, 3, 30s}, {{1, "192.0.2.1", 0s}}, 0s, "192.0.2.1", true, {}, {}},
    {"the oldest idle one of the busiest prefix goes",
     {4, 4, 30s},
     {{1, "198.51.100.1", 0s}, {2, "192.0.2.1", 5s}, {3, "192.0.2.2", 4s}, {4, "192.0.2.3", 6s}},
     40s,
     "203.0.113.1",
     true,
     3,
     Full::table},
    {"it goes for a newcomer of that prefix, too",
     {2, 2, 30s},
     {{1, "192.0.2.1", 0s}, {2, "192.0.2.2", 1s}},
     30s,
     "192.0.2.3",
     true,
     1,
     Full::table},
    {"of two prefixes of one size, the one with the oldest member",
     {2, 2, 30s},
     {{1, "198.51.100.1", 1s}, {2, "192.0.2.1", 0s}},
     40s,
     "203.0.113.1",
     true,
     2,
     Full::table},
    {"nobody is idle: a newcomer of a less busy prefix replaces the oldest of the busiest source",
     {4, 4, 30s},
     {{1, "198.51.100.1", 0s}, {2, "192.0.2.1", 1s}, {3, "192.0.2.2", 2s}, {4, "192.0.2.2", 3s}},
     10s,
     "203.0.113.1",
     true,
     3,
     Full::table},
    {"nobody is idle: a source that holds less than its neighbour replaces one of the neighbour's",
     {3, 3, 30s},
     {{1, "192.0.2.1", 0s}, {2, "192.0.2.1", 1s}, {3, "192.0.2.2", 2s}},
     10s,
     "192.0.2.2",
     true,
     1,
     Full::table},
    {"nobody is idle: the busiest source gets no more",
     {3, 3, 30s},
     {{1, "192.0.2.1", 0s}, {2, "192.0.2.1", 1s}, {3, "192.0.2.2", 2s}},
     10s,
     "192.0.2.1",
     false,
     {},
     Full::table},
    {"a source at its limit replaces its own oldest idle one",
     {9, 2, 30s},
     {{1, "192.0.2.1", 2s}, {2, "192.0.2.1", 1s}, {3, "192.0.2.2", 0s}},
     40s,
     "192.0.2.1",
     true,
     2,
     Full::source},
    {"a source at its limit whose members are all active is refused",
     {9, 2, 30s},
     {{1, "192.0.2.1", 2s}, {2, "192.0.2.1", 1s}},
     30s,
     "192.0.2.1",
     false,
     {},
     Full::source},
    {"a /64 is one source",
     {9, 2, 30s},
     {{1, "2001:db8::1", 0s}, {2, "2001:db8::2", 0s}},
     1s,
     "2001:db8::3",
     false,
     {},
     Full::source},
    {"another /64 is another prefix",
     {2, 2, 30s},
     {{1, "2001:db8::1", 0s}, {2, "2001:db8::2", 0s}},
     1s,
     "2001:db8:0:1::1",
     true,
     1,
     Full::table},
};

TEST(StrangerTable, ChoosesWhoGoes) {
  for (const Case& one : kCases) {
    StrangerTable table{one.limits};
    for (const Member& member : one.members) {
      table.add(kStart, member.id, address(member.source));
      table.touch(kStart + member.active, member.id);
    }
    const auto room = table.room_for(kStart + one.now, address(one.newcomer));
    EXPECT_EQ(room.is_granted, one.is_granted) << one.name;
    EXPECT_EQ(room.evicted, one.evicted) << one.name;
    EXPECT_EQ(room.full, one.full) << one.name;
  }
}

TEST(StrangerTable, ForgetsWhoHasGone) {
  StrangerTable table{{1, 1, 30s}};
  table.add(kStart, 1, address("192.0.2.1"));
  table.touch(kStart + 1s, 2);  // was never here
  table.remove(2);
  EXPECT_EQ(table.size(), 1U);
  table.remove(1);
  table.touch(kStart + 1s, 1);
  EXPECT_EQ(table.size(), 0U);
  const auto room = table.room_for(kStart, address("192.0.2.1"));
  EXPECT_TRUE(room.is_granted);
  EXPECT_FALSE(room.evicted);
}

/// An attacker with sixteen addresses keeps every connection busy and reopens what it loses at
/// once: each newcomer from elsewhere, and from another address next to the attacker's, is served,
/// and keeps its place.
TEST(StrangerTable, ActiveAttackersCannotKeepOthersOut) {
  constexpr std::size_t kTotal = 256;
  StrangerTable table{{kTotal, 64, 30s}};
  StrangerTable::Id next = 0;
  const auto open = [&](Time now, const IpAddress& source) -> std::optional<StrangerTable::Id> {
    const auto room = table.room_for(now, source);
    if (!room.is_granted) return std::nullopt;
    if (room.evicted) table.remove(*room.evicted);
    table.add(now, ++next, source);
    return next;
  };
  const auto attack = [&](Time now) {
    for (std::size_t i = 0; i < 2 * kTotal; ++i) {
      (void)open(now, address(("192.0.2." + std::to_string(i % 16)).c_str()));
    }
  };
  std::vector<StrangerTable::Id> honest;
  Time now = kStart;
  attack(now);
  for (const char* source : {"198.51.100.1", "203.0.113.7", "192.0.2.99", "2001:db8::1"}) {
    now += 1s;
    const auto id = open(now, address(source));
    ASSERT_TRUE(id) << source;
    honest.push_back(*id);
    attack(now);
  }
  EXPECT_EQ(table.size(), kTotal);
  for (const StrangerTable::Id id : honest) {
    table.remove(id);
    EXPECT_EQ(table.size(), kTotal - 1) << "was evicted: " << id;
    table.add(now, id, address("198.51.100.1"));
  }
}

}  // namespace
}  // namespace avedge::sip
