#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;
using namespace std::chrono_literals;

TEST(Refresh, Rfc8656_8_2_ExtendsTheAllocationAndItsFlows) {
  World world;
  const Client client = world.login();
  world.allocate(client);
  world.now += 400s;
  world.bind(client, 0x4000, "8.8.8.8:53");
  const auto allocation_end = world.now + 200s;
  EXPECT_EQ(world.flow(World::kListener, "192.0.2.50:40000", 0x4000)->valid_until, allocation_end);
  EXPECT_EQ(world.flow(world.relay(), "8.8.8.8:53")->valid_until, allocation_end);
  EXPECT_EQ(world.flow(world.relay(), "8.8.8.8:0")->valid_until, allocation_end);

  const auto answer = world.refresh(client, 1200);
  EXPECT_EQ(answer.lifetime(), 1200u);
  EXPECT_EQ(world.flow(World::kListener, "192.0.2.50:40000", kSendIndicationIpv4)->valid_until,
            world.now + 1200s);
  EXPECT_EQ(world.flow(World::kListener, "192.0.2.50:40000", 0x4000)->valid_until,
            world.now + 600s);
  EXPECT_EQ(world.flow(world.relay(), "8.8.8.8:53")->valid_until, world.now + 300s);
  EXPECT_EQ(world.flow(world.relay(), "8.8.8.8:0")->valid_until, world.now + 300s);
}

TEST(Refresh, Rfc8656_8_2_MayShortenTheAllocation) {
  World world;
  const Client client = world.login();
  world.allocate(client, [](StunBuilder& b) { b.u32(AttributeType::lifetime, 3600); });
  EXPECT_EQ(world.refresh(client).lifetime(), 600u);
  world.advance(600s);
  EXPECT_TRUE(world.ports.sockets.empty());
}

TEST(Refresh, Rfc8656_8_2_LifetimeZeroDeletes) {
  World world;
  const Client client = world.login();
  world.allocate(client);
  world.bind(client, 0x4000, "8.8.8.8:53");
  const auto answer = world.refresh(client, 0);
  EXPECT_EQ(answer.code(), 200);
  EXPECT_EQ(answer.lifetime(), 0u);
  EXPECT_TRUE(stun::verify_integrity(answer.view(), client.key()));
  EXPECT_TRUE(world.flows.flows.empty());
  EXPECT_TRUE(world.ports.leased.empty());
  EXPECT_EQ(world.observer.closed.at(0).reason, CloseReason::deleted_by_client);
}

TEST(Refresh, WithoutAnAllocationIsAMismatch) {
  World world;
  const Client client = world.login();
  for (const auto lifetime : {0u, 600u}) {
    const auto answer = world.refresh(client, lifetime);
    EXPECT_EQ(answer.code(), 437);
    EXPECT_EQ(answer.reason, DropReason::allocation_mismatch);
    EXPECT_TRUE(stun::verify_integrity(answer.view(), client.key()));
  }
}

TEST(Refresh, Rfc8656_8_2_TheFamilyMustBeTheAllocations) {
  World world;
  const Client client = world.login();
  world.allocate(client);
  const auto with_family = [&](std::uint8_t family) {
    return world.ask(client, Method::refresh, [&](StunBuilder& b) {
      b.u8_of_four(AttributeType::requested_address_family, family);
    });
  };
  EXPECT_EQ(with_family(1).code(), 200);
  EXPECT_EQ(with_family(2).code(), 443);
  EXPECT_EQ(with_family(9).code(), 443);
}

TEST(Refresh, MalformedLifetimeChangesNothing) {
  World world;
  const Client client = world.login();
  world.allocate(client);
  const auto answer =
      world.ask(client, Method::refresh, [](StunBuilder& b) { b.flag(AttributeType::lifetime); });
  EXPECT_EQ(answer.code(), 400);
  EXPECT_EQ(world.ports.sockets.size(), 1u);
}

}  // namespace
}  // namespace avedge::turn
