#include "relay/flows/flow_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace avedge::relay {
namespace {

FlowKey key(std::uint32_t socket, std::uint16_t port, ChannelField channel = kNoChannel) {
  return {SocketId{socket}, {IpAddress::v4(192, 0, 2, 1), Port{port}}, channel};
}

FlowSpec spec(const FlowKey& for_key, ChannelField mark = kNoChannel) {
  FlowSpec result;
  result.key = for_key;
  result.channel = mark;
  return result;
}

TEST(FlowTable, EveryFieldOfTheKeyCounts) {
  FlowTable flows{16, 1};
  ASSERT_TRUE(flows.upsert(spec(key(1, 1000, 0x4000))));
  EXPECT_NE(flows.find(key(1, 1000, 0x4000)), nullptr);
  EXPECT_EQ(flows.find(key(2, 1000, 0x4000)), nullptr);
  EXPECT_EQ(flows.find(key(1, 1001, 0x4000)), nullptr);
  EXPECT_EQ(flows.find(key(1, 1000, 0x4001)), nullptr);
  FlowKey ipv6 = key(1, 1000, 0x4000);
  ipv6.remote.address = *IpAddress::parse("::c000:201");
  EXPECT_EQ(flows.find(ipv6), nullptr);
}

TEST(FlowTable, PrefetchingTakesAnyKeys) {
  FlowTable flows{10'000, 1};
  std::vector<FlowKey> keys;
  for (std::uint16_t port = 0; port < FlowTable::kPrefetched; ++port) keys.push_back(key(1, port));
  flows.prefetch({});
  flows.prefetch(keys);
  EXPECT_FALSE(flows.outgrows_caches());
  for (std::uint16_t port = 32; port < 10'000; ++port) {
    ASSERT_TRUE(flows.upsert(spec(key(1, port))));
  }
  EXPECT_TRUE(flows.outgrows_caches());
  flows.prefetch(keys);
  for (std::uint16_t port = 0; port < FlowTable::kPrefetched; ++port) {
    EXPECT_EQ(flows.find(key(1, port)) != nullptr, port >= 32) << port;
  }
}

TEST(FlowTable, ChangingAFlowKeepsItsCounters) {
  FlowTable flows{16, 1};
  ASSERT_TRUE(flows.upsert(spec(key(1, 1), 0x4000)));
  flows.find(key(1, 1))->packets = 7;
  ASSERT_TRUE(flows.upsert(spec(key(1, 1), 0x4001)));
  EXPECT_EQ(flows.find(key(1, 1))->packets, 7u);
  EXPECT_EQ(flows.find(key(1, 1))->channel, 0x4001);
  EXPECT_EQ(flows.size(), 1u);
}

TEST(FlowTable, ANewFlowInAnOldPlaceStartsFromZero) {
  FlowTable flows{16, 1};
  ASSERT_TRUE(flows.upsert(spec(key(1, 1))));
  flows.find(key(1, 1))->packets = 7;
  flows.erase(key(1, 1));
  ASSERT_TRUE(flows.upsert(spec(key(2, 2))));
  EXPECT_EQ(flows.find(key(2, 2))->packets, 0u);
}

TEST(FlowTable, RefusesMoreThanItsCapacity) {
  FlowTable flows{3, 1};
  for (std::uint16_t i = 0; i < 3; ++i) ASSERT_TRUE(flows.upsert(spec(key(1, i))));
  EXPECT_FALSE(flows.upsert(spec(key(1, 3))));
  EXPECT_TRUE(flows.upsert(spec(key(1, 0)))) << "a change needs no room";
  flows.erase(key(1, 0));
  EXPECT_TRUE(flows.upsert(spec(key(1, 3))));
}

TEST(FlowTable, AgreesWithAMapUnderRandomEdits) {
  FlowTable flows{4000, 42};
  std::map<FlowKey, ChannelField> model;
  std::mt19937 engine{20240607};
  const auto random = [&engine] { return static_cast<std::uint32_t>(engine()); };
  for (int step = 0; step < 60000; ++step) {
    // Few sockets and ports, so that keys meet again.
    const FlowKey k = key(random() % 40, static_cast<std::uint16_t>(random() % 90));
    if (random() % 5 < 2) {
      flows.erase(k);
      model.erase(k);
    } else {
      const auto mark = static_cast<ChannelField>(random() % 0xffff);
      ASSERT_TRUE(flows.upsert(spec(k, mark)));
      model[k] = mark;
    }
    ASSERT_EQ(flows.size(), model.size());
    const FlowKey probe = key(random() % 40, static_cast<std::uint16_t>(random() % 90));
    const Flow* found = flows.find(probe);
    ASSERT_EQ(found != nullptr, model.contains(probe));
    if (found != nullptr) {
      ASSERT_EQ(found->channel, model[probe]);
    }
  }
  for (const auto& [k, mark] : model) ASSERT_EQ(flows.find(k)->channel, mark);
}

TEST(Flow, IsAdmittedUntilItsMomentAndNotAtIt) {
  Flow flow{};
  flow.valid_until = Time{std::chrono::seconds{10}};
  EXPECT_TRUE(flow.admits(Time{std::chrono::seconds{10}} - Duration{1}));
  EXPECT_FALSE(flow.admits(Time{std::chrono::seconds{10}}));
}

}  // namespace
}  // namespace avedge::relay
