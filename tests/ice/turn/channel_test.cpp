#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;
using namespace std::chrono_literals;

struct ChannelBind : ::testing::Test {
  World world;
  Client client = world.login();
  SocketId relay{};
  void SetUp() override {
    ASSERT_EQ(
        world.allocate(client, [](StunBuilder& b) { b.u32(AttributeType::lifetime, 3600); }).code(),
        200);
    relay = world.relay();
  }
  const FlowSpec* up(ChannelField channel) const {
    return world.flow(World::kListener, "192.0.2.50:40000", channel);
  }
};

TEST_F(ChannelBind, Rfc8656_12_BothDirectionsAndAPermission) {
  ASSERT_EQ(world.bind(client, 0x4ABC, "8.8.8.8:53").code(), 200);

  const FlowSpec* to_peer = up(0x4ABC);
  ASSERT_NE(to_peer, nullptr);
  EXPECT_EQ(to_peer->transform, Transform::strip_channel_header);
  EXPECT_EQ(to_peer->out_socket, relay);
  EXPECT_EQ(to_peer->destination, Endpoint::parse("8.8.8.8:53"));
  EXPECT_EQ(to_peer->valid_until, world.now + 600s);

  const FlowSpec* from_peer = world.flow(relay, "8.8.8.8:53");
  ASSERT_NE(from_peer, nullptr);
  EXPECT_EQ(from_peer->transform, Transform::frame_channel_data);
  EXPECT_EQ(from_peer->channel, 0x4ABC);
  EXPECT_EQ(from_peer->out_socket, World::kListener);
  EXPECT_EQ(from_peer->destination, client.endpoint);
  EXPECT_EQ(from_peer->channel_until, world.now + 600s);

  const FlowSpec* other_ports = world.flow(relay, "8.8.8.8:0");
  ASSERT_NE(other_ports, nullptr);
  EXPECT_EQ(other_ports->transform, Transform::frame_data_indication);
}

TEST_F(ChannelBind, Rfc8656_9_PermissionIsCheckedBeforeChannel) {
  world.bind(client, 0x4000, "8.8.8.8:53");
  EXPECT_EQ(world.flow(relay, "8.8.8.8:53")->valid_until, world.now + 300s);
  world.advance(300s);
  // The channel lives on towards the peer, but the peer is not heard any more.
  EXPECT_NE(up(0x4000), nullptr);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:53"), nullptr);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:0"), nullptr);
  // A new permission brings the channel's way back with it.
  world.permit(client, {"8.8.8.8:0"});
  ASSERT_NE(world.flow(relay, "8.8.8.8:53"), nullptr);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:53")->valid_until, world.now + 300s);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:53")->channel_until, world.now + 300s);
}

TEST_F(ChannelBind, CreatePermissionRenewsTheChannelsWayBack) {
  world.bind(client, 0x4000, "8.8.8.8:53");
  world.advance(200s);
  world.permit(client, {"8.8.8.8:0"});
  EXPECT_EQ(world.flow(relay, "8.8.8.8:53")->valid_until, world.now + 300s);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:53")->channel_until, world.now + 400s);
}

TEST_F(ChannelBind, Rfc8656_12_AnExpiredChannelFallsBackToIndications) {
  world.bind(client, 0x4000, "8.8.8.8:53");
  world.advance(299s);
  world.permit(client, {"8.8.8.8:0"});
  world.advance(299s);
  world.permit(client, {"8.8.8.8:0"});
  world.advance(2s);
  EXPECT_EQ(up(0x4000), nullptr);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:53"), nullptr);
  EXPECT_NE(world.flow(relay, "8.8.8.8:0"), nullptr);
  // Number and peer are free for others.
  EXPECT_EQ(world.bind(client, 0x4000, "8.8.8.9:53").code(), 200);
  EXPECT_EQ(world.bind(client, 0x4001, "8.8.8.8:53").code(), 200);
}

TEST_F(ChannelBind, Rfc8656_12_2_RebindingRenewsBothTimes) {
  world.bind(client, 0x4000, "8.8.8.8:53");
  world.advance(250s);
  EXPECT_EQ(world.bind(client, 0x4000, "8.8.8.8:53").code(), 200);
  EXPECT_EQ(up(0x4000)->valid_until, world.now + 600s);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:53")->valid_until, world.now + 300s);
  EXPECT_EQ(world.flow(relay, "8.8.8.8:53")->channel_until, world.now + 600s);
}

TEST_F(ChannelBind, Rfc8656_12_2_NumberAndPeerBelongTogether) {
  world.bind(client, 0x4000, "8.8.8.8:53");
  EXPECT_EQ(world.bind(client, 0x4000, "8.8.8.8:54").code(), 400);
  EXPECT_EQ(world.bind(client, 0x4001, "8.8.8.8:53").code(), 400);
  EXPECT_EQ(world.bind(client, 0x4001, "8.8.8.8:54").code(), 200);  // another port, another peer
  EXPECT_EQ(up(0x4000)->destination, Endpoint::parse("8.8.8.8:53"));
}

TEST_F(ChannelBind, Rfc8656_12_NumbersOutsideTheRangeAreBadRequests) {
  for (const unsigned number : {0u, 1u, 2u, 0x3FFFu, 0x5000u, 0x7FFFu, 0xFFFFu}) {
    EXPECT_EQ(world.bind(client, static_cast<std::uint16_t>(number), "8.8.8.8:53").code(), 400)
        << number;
  }
  EXPECT_EQ(world.bind(client, 0x4000, "8.8.8.8:1").code(), 200);
  EXPECT_EQ(world.bind(client, 0x4FFF, "8.8.8.8:2").code(), 200);
}

// Debian's coturn client binds numbers that RFC 8656 has since reserved.
TEST_F(ChannelBind, Rfc5766_11_OlderClientsAreAdmittedWhereTheOperatorWantsThem) {
  Settings settings = World::default_settings();
  settings.last_channel = kLastChannelRfc5766;
  World older{settings};
  Client veteran = older.login();
  ASSERT_EQ(older.allocate(veteran).code(), 200);
  EXPECT_EQ(older.bind(veteran, 0x5000, "8.8.8.8:1").code(), 200);
  EXPECT_EQ(older.bind(veteran, 0x7FFF, "8.8.8.8:2").code(), 200);
  EXPECT_EQ(older.bind(veteran, 0x8000, "8.8.8.8:3").code(), 400);
}

TEST_F(ChannelBind, Rfc8656_12_2_WhatIsRefusedAndHow) {
  const auto ask = [&](const Fill& fill) {
    return world.ask(client, Method::channel_bind, fill).code();
  };
  EXPECT_EQ(ask(kNothing), 400);
  EXPECT_EQ(ask([](StunBuilder& b) { b.channel_number(0x4000); }), 400);
  EXPECT_EQ(ask([](StunBuilder& b) { World::add_peer(b, "8.8.8.8:53"); }), 400);
  EXPECT_EQ(ask([](StunBuilder& b) {
              b.text(AttributeType::channel_number, "@");
              World::add_peer(b, "8.8.8.8:53");
            }),
            400);
  EXPECT_EQ(world.bind(client, 0x4000, "8.8.8.8:0").code(), 400);
  EXPECT_EQ(world.bind(client, 0x4000, "[2606:4700::1]:53").code(), 443);
  EXPECT_EQ(world.bind(client, 0x4000, "192.168.1.1:53").code(), 403);
  EXPECT_EQ(world.bind(client, 0x4000, "8.8.4.4:53").code(), 403);
  EXPECT_EQ(world.flows.flows.size(), 1u);
}

TEST_F(ChannelBind, WithoutAnAllocationIsAMismatch) {
  Client stranger;
  stranger.endpoint.port = Port{1};
  EXPECT_EQ(world.bind(world.login(stranger), 0x4000, "8.8.8.8:1").code(), 437);
}

TEST_F(ChannelBind, ChannelsAreCapped) {
  const auto cap = static_cast<std::uint16_t>(world.server_settings.limits.channels_per_allocation);
  for (std::uint16_t i = 0; i < cap; ++i) {
    ASSERT_EQ(world
                  .bind(client, static_cast<std::uint16_t>(0x4000 + i),
                        "8.8.8.8:" + std::to_string(1000 + i))
                  .code(),
              200);
  }
  EXPECT_EQ(world.bind(client, 0x4F00, "8.8.8.8:999").code(), 508);
  EXPECT_EQ(world.bind(client, 0x4000, "8.8.8.8:1000").code(), 200);  // renewing needs no room
}

TEST_F(ChannelBind, RelayToRelayNeedsALeasedPort) {
  // 3478 is our listener's, and the relayed address is that of the listener as well.
  EXPECT_EQ(world.bind(client, 0x4000, "198.51.100.9:3478").code(), 403);

  Client other;
  other.endpoint.port = Port{7};
  other = world.login(other);
  const auto relayed = *world.allocate(other).address(AttributeType::xor_relayed_address);
  ASSERT_EQ(world.bind(client, 0x4000, relayed.to_string()).code(), 200);
  EXPECT_TRUE(up(0x4000)->judges_port);
  EXPECT_EQ(up(0x4000)->destination.address, *IpAddress::parse("10.9.9.9"));
  EXPECT_NE(world.flow(relay, "10.9.9.9:" + std::to_string(relayed.port.number())), nullptr);
}

}  // namespace
}  // namespace avedge::turn
