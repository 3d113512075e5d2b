// RFC 8489 §6.3.1: the same request again has the same effect, once, and gets the same answer.
#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;
using stun::TransactionId;

Fill lifetime(std::uint32_t seconds) {
  return [seconds](StunBuilder& b) { b.u32(AttributeType::lifetime, seconds); };
}

TEST(Retransmission, EveryRequestHasTheSameAnswerTwice) {
  World world;
  const Client client = world.login();
  const Fill peer = [](StunBuilder& b) { World::add_peer(b, "8.8.8.8:1"); };
  const Fill channel = [](StunBuilder& b) {
    b.channel_number(0x4000);
    World::add_peer(b, "8.8.8.8:1");
  };
  const std::tuple<const char*, Method, Fill> cases[] = {
      {"Binding", Method::binding, kNothing},
      {"Allocate", Method::allocate, World::allocate_udp},
      {"CreatePermission", Method::create_permission, peer},
      {"ChannelBind", Method::channel_bind, channel},
      {"Refresh", Method::refresh, lifetime(1200)},
      {"Refresh with lifetime 0", Method::refresh, lifetime(0)},
  };
  for (const auto& [name, method, fill] : cases) {
    const TransactionId transaction = TransactionId::random();
    const auto first = world.ask(client, method, transaction, fill);
    const auto flows = world.flows.flows.size();
    const auto again = world.ask(client, method, transaction, fill);
    EXPECT_EQ(first.code(), 200) << name;
    EXPECT_EQ(again.bytes, first.bytes) << name;
    EXPECT_EQ(world.flows.flows.size(), flows) << name;
  }
  EXPECT_EQ(world.observer.opened, 1u);
  EXPECT_EQ(world.observer.closed.size(), 1u);
}

TEST(Retransmission, ADeletionIsRememberedAsLongAsItsTransactionLives) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client).code(), 200);
  const TransactionId transaction = TransactionId::random();
  ASSERT_EQ(world.ask(client, Method::refresh, transaction, lifetime(0)).code(), 200);
  world.advance(39s);
  EXPECT_EQ(world.ask(client, Method::refresh, transaction, lifetime(0)).code(), 200);
  EXPECT_EQ(world.refresh(client, 0).code(), 437) << "another request";
  Client other = client;
  other.endpoint.port = Port{4711};
  EXPECT_EQ(world.ask(world.login(other), Method::refresh, transaction, lifetime(0)).code(), 437);
  world.advance(1s);
  EXPECT_EQ(world.ask(client, Method::refresh, transaction, lifetime(0)).code(), 437);
}

TEST(Retransmission, ADeletionOfOneFamilyIsRememberedToo) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world
                .allocate(client,
                          [](StunBuilder& b) {
                            b.u8_of_four(AttributeType::additional_address_family, stun::kWireIpv6);
                          })
                .code(),
            200);
  const Fill fill = [](StunBuilder& b) {
    b.u8_of_four(AttributeType::requested_address_family, stun::kWireIpv6);
    b.u32(AttributeType::lifetime, 0);
  };
  const TransactionId transaction = TransactionId::random();
  ASSERT_EQ(world.ask(client, Method::refresh, transaction, fill).code(), 200);
  EXPECT_EQ(world.ask(client, Method::refresh, transaction, fill).code(), 200);
  EXPECT_EQ(world.ports.sockets.size(), 1u);
}

TEST(Retransmission, ANewAllocationOnTheSameFiveTupleIsNotDeletedByAnOldRequest) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client).code(), 200);
  const TransactionId transaction = TransactionId::random();
  ASSERT_EQ(world.ask(client, Method::refresh, transaction, lifetime(0)).code(), 200);
  ASSERT_EQ(world.allocate(client).code(), 200);
  EXPECT_EQ(world.ask(client, Method::refresh, transaction, lifetime(0)).code(), 200);
  EXPECT_EQ(world.ports.sockets.size(), 1u);
}

TEST(Retransmission, MemoryOfDeletionsIsBounded) {
  World world;
  Client client = world.login();
  const TransactionId first = TransactionId::random();
  ASSERT_EQ(world.allocate(client).code(), 200);
  ASSERT_EQ(world.ask(client, Method::refresh, first, lifetime(0)).code(), 200);
  for (int i = 0; i < 512; ++i) {
    ASSERT_EQ(world.allocate(client).code(), 200);
    ASSERT_EQ(world.refresh(client, 0).code(), 200);
  }
  EXPECT_EQ(world.ask(client, Method::refresh, first, lifetime(0)).code(), 437);
}

}  // namespace
}  // namespace avedge::turn
