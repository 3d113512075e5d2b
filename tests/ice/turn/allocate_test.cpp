#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;
using namespace std::chrono_literals;

Fill raw(AttributeType type, std::string_view value) {
  return [=](StunBuilder& b) { b.text(type, value); };
}

TEST(Allocate, Rfc8656_7_2_SuccessSaysRelayedMappedAndLifetime) {
  World world;
  const Client client = world.login();
  const auto answer = world.allocate(client);
  ASSERT_EQ(answer.code(), 200);
  EXPECT_FALSE(answer.reason);
  EXPECT_EQ(answer.address(AttributeType::xor_relayed_address),
            Endpoint::parse("198.51.100.9:50001"));  // as advertised, not 10.9.9.9
  EXPECT_EQ(answer.address(AttributeType::xor_mapped_address), client.endpoint);
  EXPECT_EQ(answer.lifetime(), 600u);
  EXPECT_FALSE(answer.view().has(AttributeType::reservation_token));

  EXPECT_EQ(world.counters.allocations_opened.value(), 1u);
  EXPECT_EQ(world.counters.allocations.value(), 1);
  EXPECT_EQ(world.observer.opened, 1u);
  EXPECT_EQ(world.quota.booked.at("alice"), 1u);
}

TEST(Allocate, TheClientMaySendFromThenOn) {
  World world;
  const Client client = world.login();
  world.allocate(client);
  const FlowSpec* flow = world.flow(World::kListener, "192.0.2.50:40000", kSendIndicationIpv4);
  ASSERT_NE(flow, nullptr);
  EXPECT_EQ(flow->transform, Transform::unwrap_send_indication);
  EXPECT_EQ(flow->out_socket, world.relay());
  EXPECT_EQ(flow->valid_until, world.now + 600s);
  EXPECT_EQ(world.flows.flows.size(), 1u);  // and nobody may send back
}

struct LifetimeCase {
  const char* name;
  std::uint32_t requested;
  std::uint32_t granted;
};

TEST(Allocate, Rfc8656_7_2_LifetimeLiesBetweenDefaultAndMaximum) {
  for (const auto& [name, requested, granted] :
       {LifetimeCase{"zero", 0, 600}, LifetimeCase{"below default", 599, 600},
        LifetimeCase{"between", 1800, 1800}, LifetimeCase{"maximum", 3600, 3600},
        LifetimeCase{"above maximum", 3601, 3600}, LifetimeCase{"huge", 0xFFFFFFFF, 3600}}) {
    World world;
    const Client client = world.login();
    const auto answer = world.allocate(
        client, [r = requested](StunBuilder& b) { b.u32(AttributeType::lifetime, r); });
    EXPECT_EQ(answer.lifetime(), granted) << name;
    EXPECT_EQ(world.server.next_deadline(), world.now + std::chrono::seconds{granted}) << name;
  }
}

struct RefusalCase {
  const char* name;
  Fill fill;
  int code;
};

TEST(Allocate, Rfc8656_7_2_WhatIsRefusedAndHow) {
  const auto udp = World::allocate_udp;
  const RefusalCase cases[] = {
      {"no transport", kNothing, 400},
      {"malformed transport", raw(AttributeType::requested_transport, "\x11"), 400},
      {"TCP", [](StunBuilder& b) { b.u8_of_four(AttributeType::requested_transport, 6); }, 442},
      {"malformed lifetime", [&](StunBuilder& b) { udp(b), b.text(AttributeType::lifetime, "12"); },
       400},
      {"family unknown",
       [&](StunBuilder& b) { udp(b), b.u8_of_four(AttributeType::requested_address_family, 3); },
       440},
      {"malformed family",
       [&](StunBuilder& b) { udp(b), b.text(AttributeType::requested_address_family, "1"); }, 400},
      {"requested and additional family",
       [&](StunBuilder& b) {
         udp(b);
         b.u8_of_four(AttributeType::requested_address_family, 1);
         b.u8_of_four(AttributeType::additional_address_family, 2);
       },
       400},
      {"malformed EVEN-PORT",
       [&](StunBuilder& b) { udp(b), b.u32(AttributeType::even_port, 0x80000000); }, 400},
      {"EVEN-PORT and RESERVATION-TOKEN",
       [&](StunBuilder& b) {
         udp(b), b.text(AttributeType::even_port, "\x80").u64(AttributeType::reservation_token, 1);
       },
       400},
      {"family and RESERVATION-TOKEN",
       [&](StunBuilder& b) {
         udp(b);
         b.u8_of_four(AttributeType::requested_address_family, 1);
         b.u64(AttributeType::reservation_token, 1);
       },
       400},
      {"malformed RESERVATION-TOKEN",
       [&](StunBuilder& b) { udp(b), b.u32(AttributeType::reservation_token, 1); }, 400},
      {"unknown RESERVATION-TOKEN",
       [&](StunBuilder& b) { udp(b), b.u64(AttributeType::reservation_token, 1); }, 508},
      {"unknown attribute", [&](StunBuilder& b) { udp(b), b.flag(AttributeType{0x0077}); }, 420},
  };
  for (const auto& c : cases) {
    World world;
    const Client client = world.login();
    const auto answer = world.ask(client, Method::allocate, c.fill);
    EXPECT_EQ(answer.code(), c.code) << c.name;
    EXPECT_TRUE(answer.reason) << c.name;
    EXPECT_TRUE(world.flows.flows.empty()) << c.name;
    EXPECT_TRUE(world.ports.sockets.empty()) << c.name;
    EXPECT_EQ(world.quota.booked["alice"], 0u) << c.name;
  }
}

TEST(Allocate, DontFragmentAndOptionalAttributesAreNoObstacle) {
  World world;
  const Client client = world.login();
  const auto answer = world.allocate(client, [](StunBuilder& b) {
    b.flag(AttributeType::dont_fragment)
        .text(AttributeType::software, "x")
        .u8_of_four(AttributeType::additional_address_family, 2);
  });
  EXPECT_EQ(answer.code(), 200);
  EXPECT_TRUE(answer.address(AttributeType::xor_relayed_address)->address.is_v4());
}

TEST(Allocate, Rfc8656_7_2_FamiliesOnRequest) {
  World world;
  const Client client = world.login();
  const auto answer = world.allocate(
      client, [](StunBuilder& b) { b.u8_of_four(AttributeType::requested_address_family, 2); });
  EXPECT_EQ(answer.address(AttributeType::xor_relayed_address)->address,
            IpAddress::parse("2001:db8::9"));
  EXPECT_NE(world.flow(World::kListener, "192.0.2.50:40000", kSendIndicationIpv6), nullptr);

  World without_ipv6;
  without_ipv6.ports.refuse = DropReason::family_unsupported;
  EXPECT_EQ(without_ipv6.allocate(without_ipv6.login()).code(), 440);
}

TEST(Allocate, Rfc8656_7_2_EvenPortReservesTheNextOne) {
  World world;
  const Client client = world.login();
  const auto even = world.allocate(client, raw(AttributeType::even_port, "\x80"));
  ASSERT_EQ(even.code(), 200);
  const auto relayed = *even.address(AttributeType::xor_relayed_address);
  EXPECT_TRUE(relayed.port.is_even());
  const auto token = even.view().find(AttributeType::reservation_token);
  ASSERT_TRUE(token);
  ASSERT_EQ(token->size(), 8u);

  Client other;
  other.endpoint = *Endpoint::parse("192.0.2.51:5");
  other = world.login(other);
  const auto claim = raw(AttributeType::reservation_token, text_of(*token));
  const auto odd = world.allocate(other, claim);
  ASSERT_EQ(odd.code(), 200);
  EXPECT_EQ(odd.address(AttributeType::xor_relayed_address)->port, relayed.port.next());

  // A token works once.
  other.endpoint.port = Port{6};
  const auto again = world.allocate(world.login(other), claim);
  EXPECT_EQ(again.code(), 508);
  EXPECT_EQ(again.reason, DropReason::bad_reservation);
}

TEST(Allocate, Rfc8656_7_2_EvenPortWithoutReservation) {
  World world;
  const auto answer =
      world.allocate(world.login(), raw(AttributeType::even_port, std::string_view{"\0", 1}));
  ASSERT_EQ(answer.code(), 200);
  EXPECT_TRUE(answer.address(AttributeType::xor_relayed_address)->port.is_even());
  EXPECT_FALSE(answer.view().has(AttributeType::reservation_token));
  EXPECT_TRUE(world.ports.reserved.empty());
}

TEST(Allocate, EvenPortLeaksNoPort) {
  World world;
  const Client client = world.login();
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(world.allocate(client, raw(AttributeType::even_port, "\x80")).code(), 200);
    ASSERT_EQ(world.refresh(client, 0).code(), 200);
  }
  EXPECT_TRUE(world.ports.leased.empty());
}

TEST(Allocate, Rfc8656_7_2_RetransmissionsGetTheSameAnswer) {
  World world;
  const Client client = world.login();
  const auto request = World::build(
      client, Method::allocate,
      [](StunBuilder& b) {
        World::allocate_udp(b);
        b.text(AttributeType::even_port, "\x80");
      },
      stun::TransactionId::random());
  const auto first = world.receive(client.endpoint, request);
  const auto second = world.receive(client.endpoint, request);
  EXPECT_EQ(first.code(), 200);
  EXPECT_EQ(first.bytes, second.bytes);
  EXPECT_EQ(world.ports.sockets.size(), 1u);
  EXPECT_EQ(world.counters.allocations_opened.value(), 1u);
}

TEST(Allocate, Rfc8656_7_2_AnotherAllocateOnTheFiveTupleIsAMismatch) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client).code(), 200);
  const auto again = world.allocate(client);
  EXPECT_EQ(again.code(), 437);
  EXPECT_EQ(again.reason, DropReason::allocation_mismatch);

  world.server_address.port = Port{443};  // another server port is another five-tuple
  EXPECT_EQ(world.allocate(client).code(), 200);
}

TEST(Allocate, CapacityAndQuotaHaveTheirOwnCodes) {
  World exhausted;
  exhausted.ports.refuse = DropReason::ports_exhausted;
  const auto no_port = exhausted.allocate(exhausted.login());
  EXPECT_EQ(no_port.code(), 508);
  EXPECT_EQ(no_port.reason, DropReason::ports_exhausted);
  EXPECT_EQ(exhausted.quota.booked["alice"], 0u);

  World limited;
  limited.quota.quota_per_user = 0;
  const auto no_quota = limited.allocate(limited.login());
  EXPECT_EQ(no_quota.code(), 486);
  EXPECT_EQ(no_quota.reason, DropReason::allocation_quota);
  EXPECT_TRUE(limited.ports.sockets.empty());

  Settings settings = World::default_settings();
  settings.limits.allocations = 1;
  World full{settings};
  ASSERT_EQ(full.allocate(full.login()).code(), 200);
  Client second;
  second.endpoint.port = Port{9};
  const auto no_room = full.allocate(full.login(second));
  EXPECT_EQ(no_room.code(), 508);
  EXPECT_EQ(no_room.reason, DropReason::table_full);
  EXPECT_EQ(full.quota.booked["alice"], 1u);
}

TEST(Allocate, EndsWhenItsTimeIsOver) {
  World world;
  const Client client = world.login();
  world.allocate(client);
  world.permit(client, {"8.8.8.8:0"});
  world.bind(client, 0x4001, "8.8.4.1:53");
  EXPECT_EQ(world.flows.flows.size(), 5u);

  world.advance(599s);
  EXPECT_EQ(world.ports.sockets.size(), 1u);
  world.advance(1s);
  EXPECT_TRUE(world.flows.flows.empty());
  EXPECT_TRUE(world.ports.sockets.empty());
  EXPECT_EQ(world.quota.booked.at("alice"), 0u);
  EXPECT_EQ(world.counters.allocations.value(), 0);
  EXPECT_EQ(world.server.next_deadline(), kNever);
  ASSERT_EQ(world.observer.closed.size(), 1u);
  EXPECT_EQ(world.observer.closed[0].reason, CloseReason::expired);
  EXPECT_EQ(world.observer.closed[0].lifetime, 600s);
  EXPECT_EQ(world.replies, 4u);  // nothing is sent about it
}

TEST(Allocate, AnExpiredOneIsInNobodysWayBeforeItIsClearedAway) {
  World world;
  const Client client = world.login();
  world.allocate(client);
  world.now += 600s;  // and expire() has not run
  EXPECT_EQ(world.refresh(client).code(), 437);
  EXPECT_EQ(world.allocate(client).code(), 200);
  EXPECT_EQ(world.ports.sockets.size(), 1u);
  EXPECT_EQ(world.flows.flows.size(), 1u);
}

TEST(Allocate, TheClosingNoteAddsUpWhatItsFlowsCarried) {
  World world;
  const Client client = world.login();
  world.allocate(client);
  world.bind(client, 0x4001, "8.8.8.8:53");
  const SocketId relay = world.relay();
  const auto use = [&](SocketId socket, const char* remote, ChannelField channel,
                       std::uint64_t bytes) {
    world.flows.used[{socket, *Endpoint::parse(remote), channel}] = {1, bytes, world.now};
  };
  use(World::kListener, "192.0.2.50:40000", 0x4001, 1);
  use(World::kListener, "192.0.2.50:40000", kSendIndicationIpv4, 20);
  use(relay, "8.8.8.8:53", kNoChannel, 300);
  use(relay, "8.8.8.8:0", kNoChannel, 4000);
  world.advance(300s);  // the permission ends, and with it two flows
  world.permit(client, {"8.8.8.8:0"});
  use(relay, "8.8.8.8:53", kNoChannel, 50000);
  world.refresh(client, 0);

  ASSERT_EQ(world.observer.closed.size(), 1u);
  const auto& closed = world.observer.closed[0];
  EXPECT_EQ(closed.reason, CloseReason::deleted_by_client);
  EXPECT_EQ(closed.user, "alice");
  EXPECT_EQ(closed.relayed, Endpoint::parse("198.51.100.9:50001"));
  EXPECT_EQ(closed.traffic.up.bytes, 21u);
  EXPECT_EQ(closed.traffic.down.bytes, 54300u);
  EXPECT_EQ(closed.traffic.down.packets, 3u);
}

TEST(Allocate, ManyComeAndGoInAnyOrder) {
  World world;
  std::vector<Client> clients;
  for (std::uint16_t i = 0; i < 200; ++i) {
    Client client;
    client.endpoint.port = Port{static_cast<std::uint16_t>(1000 + i)};
    clients.push_back(world.login(client));
    ASSERT_EQ(world
                  .allocate(clients.back(),
                            [i](StunBuilder& b) {
                              b.u32(AttributeType::lifetime, 600u + i * 7919u % 1000u);
                            })
                  .code(),
              200);
  }
  for (std::size_t i = 0; i < clients.size(); i += 3) world.refresh(clients[i], 0);
  while (world.server.next_deadline() != kNever) {
    const Time next = world.server.next_deadline();
    ASSERT_GT(next, world.now);
    world.advance(next - world.now);
  }
  EXPECT_TRUE(world.ports.leased.empty());
  EXPECT_TRUE(world.flows.flows.empty());
  EXPECT_EQ(world.quota.booked.at("alice"), 0u);
  EXPECT_EQ(world.observer.closed.size(), 200u);
}

}  // namespace
}  // namespace avedge::turn
