#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;
using namespace std::chrono_literals;

struct Allocated : ::testing::Test {
  World world;
  Client client = world.login();
  SocketId relay{};
  void SetUp() override {
    ASSERT_EQ(world.allocate(client).code(), 200);
    relay = world.relay();
  }
};

using CreatePermission = Allocated;

TEST_F(CreatePermission, Rfc8656_9_APermissionIsForAnAddressAndLastsFiveMinutes) {
  EXPECT_EQ(world.permit(client, {"8.8.8.8:1234"}).code(), 200);
  const FlowSpec* flow = world.flow(relay, "8.8.8.8:0");  // any port
  ASSERT_NE(flow, nullptr);
  EXPECT_EQ(flow->transform, Transform::frame_data_indication);
  EXPECT_EQ(flow->out_socket, World::kListener);
  EXPECT_EQ(flow->destination, client.endpoint);
  EXPECT_EQ(flow->valid_until, world.now + 300s);
  EXPECT_FALSE(flow->judges_port);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:1234"), nullptr);

  world.advance(299s);
  EXPECT_NE(world.flow(relay, "8.8.8.8:0"), nullptr);
  world.advance(1s);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:0"), nullptr);
  EXPECT_EQ(world.ports.sockets.size(), 1u);
}

TEST_F(CreatePermission, Rfc8656_9_RenewingResetsTheTime) {
  world.permit(client, {"8.8.8.8:0"});
  world.advance(200s);
  world.permit(client, {"8.8.8.8:0"});
  world.advance(299s);
  EXPECT_NE(world.flow(relay, "8.8.8.8:0"), nullptr);
}

TEST_F(CreatePermission, APermissionNeverOutlivesItsAllocation) {
  world.now += 500s;
  world.permit(client, {"8.8.8.8:0"});
  EXPECT_EQ(world.flow(relay, "8.8.8.8:0")->valid_until, world.now + 100s);
}

TEST_F(CreatePermission, WhatALaterRuleForbidsFallsSilent) {
  world.permit(client, {"8.8.8.8:0", "9.9.9.9:0"});
  world.bind(client, 0x4001, "8.8.8.8:1234");
  Settings stricter = World::default_settings();
  stricter.peers.rules.push_back({PeerRule::Action::deny, *Prefix::parse("8.8.8.0/24")});
  world.reconfigure(stricter);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:0"), nullptr);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:1234"), nullptr);
  EXPECT_NE(world.flow(relay, "9.9.9.9:0"), nullptr) << "still allowed";
  EXPECT_EQ(world.permit(client, {"8.8.8.8:0"}).code(), 403);
}

TEST_F(CreatePermission, Rfc8656_10_2_SeveralPeersAtOnce) {
  EXPECT_EQ(world.permit(client, {"8.8.8.8:1", "8.8.8.9:1", "8.8.8.8:2"}).code(), 200);
  EXPECT_NE(world.flow(relay, "8.8.8.8:0"), nullptr);
  EXPECT_NE(world.flow(relay, "8.8.8.9:0"), nullptr);
}

TEST_F(CreatePermission, OneForbiddenAddressRefusesAll) {
  for (const auto& peers : {std::vector<std::string>{"8.8.8.8:1", "127.0.0.1:1"},
                            std::vector<std::string>{"127.0.0.1:1", "8.8.8.8:1"}}) {
    const auto answer = world.permit(client, peers);
    EXPECT_EQ(answer.code(), 403);
    EXPECT_EQ(answer.reason, DropReason::peer_forbidden);
    EXPECT_EQ(world.flow(relay, "8.8.8.8:0"), nullptr);
  }
}

TEST_F(CreatePermission, Rfc8656_10_2_WhatIsRefusedAndHow) {
  EXPECT_EQ(world.permit(client, {}).code(), 400);
  EXPECT_EQ(world.permit(client, {"[2606:4700::1]:1"}).code(), 443);
  EXPECT_EQ(world.permit(client, {"8.8.8.8:1", "[2606:4700::1]:1"}).code(), 443);
  const auto malformed = world.ask(client, Method::create_permission, [](StunBuilder& b) {
    World::add_peer(b, "8.8.8.8:1");
    b.u32(AttributeType::xor_peer_address, 1);
  });
  EXPECT_EQ(malformed.code(), 400);
  EXPECT_EQ(world.flows.flows.size(), 1u);
}

TEST_F(CreatePermission, WithoutAnAllocationIsAMismatch) {
  Client stranger;
  stranger.endpoint.port = Port{1};
  EXPECT_EQ(world.permit(world.login(stranger), {"8.8.8.8:1"}).code(), 437);
}

TEST_F(CreatePermission, TheEdgesOwnListenersAreForbidden) {
  EXPECT_EQ(world.permit(client, {"8.8.4.4:3478"}).code(), 403);
}

TEST_F(CreatePermission, PermissionsAreCapped) {
  const std::size_t cap = world.server_settings.limits.permissions_per_allocation;
  for (std::size_t i = 0; i < cap; ++i) {
    ASSERT_EQ(world.permit(client, {"8.8.8." + std::to_string(i) + ":0"}).code(), 200);
  }
  const auto answer = world.permit(client, {"8.8.9.9:0"});
  EXPECT_EQ(answer.code(), 508);
  EXPECT_EQ(answer.reason, DropReason::table_full);
  EXPECT_EQ(world.bind(client, 0x4000, "8.8.9.9:1").code(), 508);
  EXPECT_EQ(world.permit(client, {"8.8.8.1:0", "8.8.8.2:0"}).code(), 200);  // renewing needs none
  world.advance(300s);
  EXPECT_EQ(world.permit(client, {"8.8.9.9:0"}).code(), 200);
}

TEST_F(CreatePermission, RelayToRelayGoesByTheLocalForm) {
  for (const char* name : {"198.51.100.9:50001", "10.9.9.9:50001"}) {
    EXPECT_EQ(world.permit(client, {name}).code(), 200);
    const FlowSpec* flow = world.flow(relay, "10.9.9.9:0");
    ASSERT_NE(flow, nullptr) << name;
    EXPECT_TRUE(flow->judges_port);
    EXPECT_EQ(world.flow(relay, "198.51.100.9:0"), nullptr);
    world.advance(300s);
  }
}

TEST(PermissionRules, ADenyRuleAlsoHoldsForOwnRelays) {
  Settings settings = World::default_settings();
  settings.peers.rules = {{PeerRule::Action::deny, *Prefix::parse("198.51.100.0/24")}};
  World world{settings};
  const Client client = world.login();
  world.allocate(client);
  EXPECT_EQ(world.permit(client, {"198.51.100.9:1"}).code(), 403);
}

TEST(PermissionRules, Ipv4InIpv6ClothesNeverPasses) {
  World world;
  const Client client = world.login();
  world.allocate(client,
                 [](StunBuilder& b) { b.u8_of_four(AttributeType::requested_address_family, 2); });
  for (const char* peer : {"[::]:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "[::127.0.0.1]:1",
                           "[2002:7f00:1::]:1", "[64:ff9b::7f00:1]:1", "[64:ff9b:1::1]:1",
                           "[::ffff:10.0.0.1]:1", "[2002:a00:1::]:1", "[fe80::5efe:8.8.8.8]:1"}) {
    EXPECT_EQ(world.permit(client, {peer}).code(), 403) << peer;
    EXPECT_EQ(world.bind(client, 0x4000, peer).code(), 403) << peer;
  }
  // A public address in such clothes is allowed to be reached, but not over IPv6.
  EXPECT_EQ(world.permit(client, {"[::ffff:8.8.8.8]:1"}).code(), 443);
  EXPECT_EQ(world.permit(client, {"8.8.8.8:1"}).code(), 443);
  EXPECT_EQ(world.permit(client, {"[2606:4700::1]:1"}).code(), 200);
}

using SendIndication = Allocated;

TEST_F(SendIndication, WhatTheForwarderDidNotTakeIsDroppedInSilence) {
  const auto send = [&](const char* peer, const Endpoint& from) {
    std::array<std::byte, 128> buffer;
    StunBuilder builder{buffer, Method::send, stun::MessageClass::indication, {}};
    World::add_peer(builder, peer);
    builder.text(AttributeType::data, "hello");
    return world.receive(from, builder.finish());
  };
  const std::size_t before = world.replies;
  EXPECT_EQ(send("8.8.8.8:1", client.endpoint).reason, DropReason::no_permission);
  EXPECT_EQ(send("127.0.0.1:1", client.endpoint).reason, DropReason::peer_forbidden);
  EXPECT_EQ(send("[2606:4700::1]:1", client.endpoint).reason, DropReason::peer_family_mismatch);
  EXPECT_EQ(send("8.8.8.8:1", *Endpoint::parse("192.0.2.99:1")).reason, DropReason::no_allocation);
  std::array<std::byte, 64> buffer;
  EXPECT_EQ(
      world
          .receive(client.endpoint,
                   StunBuilder{buffer, Method::send, stun::MessageClass::indication, {}}.finish())
          .reason,
      DropReason::indication_malformed);
  EXPECT_EQ(world.replies, before);
}

}  // namespace
}  // namespace avedge::turn
