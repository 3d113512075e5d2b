// Failures that other servers are on record with, as far as this level can have them: each test is
// named after what went wrong there.
#include <gtest/gtest.h>

#include "fakes.h"
#include "relay/core/embedded_ipv4.h"

namespace avedge::turn {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;

TEST(Pitfalls, LoopbackReachedThroughAnotherFormOfItsAddress) {
  World world;
  const Client ipv4 = world.login();
  ASSERT_EQ(world.allocate(ipv4).code(), 200);
  for (const char* peer : {"127.0.0.1:1", "0.0.0.0:1", "127.255.255.254:1"}) {
    EXPECT_EQ(world.permit(ipv4, {peer}).code(), 403) << peer;
  }
  Client ipv6;
  ipv6.endpoint.port = Port{41'000};
  ipv6 = world.login(ipv6);
  ASSERT_EQ(world
                .allocate(ipv6,
                          [](StunBuilder& b) {
                            b.u8_of_four(AttributeType::requested_address_family, stun::kWireIpv6);
                          })
                .code(),
            200);
  for (const char* peer :
       {"[::]:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "[::127.0.0.1]:1", "[2002:7f00:1::]:1",
        "[64:ff9b::127.0.0.1]:1", "[::ffff:0:127.0.0.1]:1", "[2001:0:0:0:0:0:80ff:fffe]:1"}) {
    EXPECT_EQ(world.permit(ipv6, {peer}).code(), 403) << peer;
  }
}

TEST(Pitfalls, OneAllowedAddressAdmitsTheOthers) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client).code(), 200);
  EXPECT_EQ(world.permit(client, {"8.8.8.8:1", "10.0.0.1:1"}).code(), 403);
  EXPECT_EQ(world.flow(world.relay(), "8.8.8.8:0"), nullptr);
}

TEST(Pitfalls, PermissionCheckedOnlyWhenCreated) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client).code(), 200);
  EXPECT_EQ(world.bind(client, 0x4000, "10.0.0.1:1").code(), 403);
  ASSERT_EQ(world.permit(client, {"8.8.8.8:1"}).code(), 200);
  // What the forwarder checks on every packet.
  EXPECT_EQ(world.flow(world.relay(), "8.8.8.8:0")->valid_until, world.now + 5min);
}

TEST(Pitfalls, ChannelOutlivesItsPermission) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client).code(), 200);
  ASSERT_EQ(world.bind(client, 0x4000, "8.8.8.8:1").code(), 200);
  EXPECT_EQ(world.flow(world.relay(), "8.8.8.8:1")->valid_until, world.now + 5min);
  world.advance(5min);
  EXPECT_EQ(world.flow(world.relay(), "8.8.8.8:1"), nullptr) << "the peer is not heard";
  EXPECT_TRUE(world.flow(World::kListener, "192.0.2.50:40000", 0x4000)) << "the client still is";
}

TEST(Pitfalls, AddressesOfTheEdgeItselfAreReached) {
  Settings settings = World::default_settings();
  settings.peers.rules.push_back({PeerRule::Action::allow, *Prefix::parse("0.0.0.0/0")});
  World world{settings};
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client).code(), 200);
  EXPECT_EQ(world.permit(client, {"8.8.4.4:1"}).code(), 403) << "a listening address";
  EXPECT_EQ(world.bind(client, 0x4000, "198.51.100.9:22").code(), 403) << "not a leased port";
}

TEST(Pitfalls, StateBeforeAuthentication) {
  World world;
  Client stranger;
  for (std::uint16_t port = 1; port < 300; ++port) {
    stranger.endpoint.port = Port{port};
    for (const auto method : {Method::allocate, Method::refresh, Method::connect,
                              Method::connection_bind, Method::create_permission}) {
      world.ask(stranger, method, World::allocate_udp);
    }
  }
  EXPECT_EQ(world.server.next_deadline(), kNever);
  EXPECT_TRUE(world.ports.sockets.empty() && world.quota.booked.empty());
}

TEST(Pitfalls, AnswersToStrangersAmplify) {
  World world;
  EXPECT_EQ(world.ask(Client{}, Method::binding).bytes.size(), 32u);
  // ERROR-CODE without a phrase, REALM, NONCE, PASSWORD-ALGORITHMS.
  EXPECT_EQ(world.ask(Client{}, Method::allocate).bytes.size(), 88u);
}

TEST(Pitfalls, PredictableTokens) {
  Settings settings = World::default_settings();
  settings.mobility = true;
  World world{settings};
  std::set<std::vector<std::byte>> tickets;
  for (std::uint16_t port = 1; port <= 64; ++port) {
    Client client;
    client.endpoint.port = Port{port};
    const auto answer = world.allocate(
        world.login(client), [](StunBuilder& b) { b.flag(AttributeType::mobility_ticket); });
    const auto value = *answer.view().find(AttributeType::mobility_ticket);
    tickets.emplace(value.begin() + 1, value.begin() + 5);
  }
  EXPECT_EQ(tickets.size(), 64u);
}

TEST(Pitfalls, EvenPortLeaksAPortEachTime) {
  World world;
  const Client client = world.login();
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(world
                  .allocate(client,
                            [](StunBuilder& b) {
                              b.raw(AttributeType::even_port, std::array{std::byte{0x80}});
                            })
                  .code(),
              200);
    ASSERT_EQ(world.refresh(client, 0).code(), 200);
  }
  EXPECT_TRUE(world.ports.leased.empty());
}

TEST(Pitfalls, UserQuotaBypassedThroughMobility) {
  Settings settings = World::default_settings();
  settings.mobility = true;
  World world{settings};
  world.quota.quota_per_user = 1;
  const Client home = world.login();
  const auto answer =
      world.allocate(home, [](StunBuilder& b) { b.flag(AttributeType::mobility_ticket); });
  const auto value = *answer.view().find(AttributeType::mobility_ticket);
  Client away = home;
  away.endpoint.port = Port{41'000};
  away = world.login(away);
  ASSERT_EQ(world
                .ask(away, Method::refresh,
                     [&](StunBuilder& b) { b.raw(AttributeType::mobility_ticket, value); })
                .code(),
            200);
  EXPECT_EQ(world.allocate(home).code(), 486) << "it is still booked";
  ASSERT_EQ(world.refresh(away, 0).code(), 200);
  EXPECT_EQ(world.allocate(home).code(), 200);
}

TEST(Pitfalls, ChannelNumbersBeyondTheRange) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client).code(), 200);
  for (const unsigned number : {0u, 0x3FFFu, 0x5000u, 0x7FFFu, 0x8000u, 0xFFFFu}) {
    EXPECT_EQ(world.bind(client, static_cast<std::uint16_t>(number), "8.8.8.8:1").code(), 400);
  }
}

TEST(Pitfalls, RefreshWithoutAllocationUnanswered) {
  World world;
  EXPECT_EQ(world.refresh(world.login()).code(), 437);
  EXPECT_EQ(world.refresh(world.login(), 0).code(), 437);
}

TEST(Pitfalls, AnotherCodeWhere508IsRight) {
  World world;
  world.ports.refuse = DropReason::ports_exhausted;
  EXPECT_EQ(world.allocate(world.login()).code(), 508);
  World other;
  EXPECT_EQ(other
                .allocate(other.login(),
                          [](StunBuilder& b) { b.u64(AttributeType::reservation_token, 77); })
                .code(),
            508);
}

TEST(Pitfalls, DualAllocationBehindNatRefused) {
  World world;
  EXPECT_EQ(world
                .allocate(world.login(),
                          [](StunBuilder& b) {
                            b.u8_of_four(AttributeType::additional_address_family, stun::kWireIpv6);
                          })
                .code(),
            200);
}

}  // namespace
}  // namespace avedge::turn
