// RFC 8489 §10: ALTERNATE-SERVER.
#include <gtest/gtest.h>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using stun::AttributeType;
using stun::Method;

Settings with_servers(std::optional<std::size_t> above = {}) {
  Settings settings = World::default_settings();
  settings.redirect = {
      {*Endpoint::parse("203.0.113.20:3478"), *Endpoint::parse("203.0.113.21:3478"),
       *Endpoint::parse("[2001:db8::20]:3478")},
      "turn2.example",
      above};
  return settings;
}

std::optional<Endpoint> alternate(const Answered& answer) {
  const auto value = answer.view().find(AttributeType::alternate_server);
  return value ? stun::read_address(*value) : std::nullopt;
}

TEST(Redirect, Rfc8489_10_WhileDrainingNewAllocationsGoElsewhere) {
  World world{with_servers()};
  const Client client = world.login();
  Client resident = client;
  resident.endpoint.port = Port{41'000};
  resident = world.login(resident);
  ASSERT_EQ(world.allocate(resident).code(), 200);
  world.server.drain();
  const auto answer = world.allocate(client);
  EXPECT_EQ(answer.code(), 300);
  EXPECT_EQ(answer.reason, DropReason::redirected);
  EXPECT_TRUE(stun::verify_integrity(answer.view(), client.key()));
  ASSERT_TRUE(alternate(answer));
  EXPECT_TRUE(alternate(answer)->address.is_v4());
  EXPECT_EQ(world.refresh(resident).code(), 200) << "who is here stays";
}

TEST(Redirect, StrangersAreNotTold) {
  World world{with_servers()};
  world.server.drain();
  EXPECT_EQ(world.ask(Client{}, Method::allocate, World::allocate_udp).code(), 401);
  EXPECT_EQ(world.ask(Client{}, Method::binding).code(), 200);
}

TEST(Redirect, AboveTheConfiguredLoad) {
  World world{with_servers(1)};
  Client first = world.login();
  EXPECT_EQ(world.allocate(first).code(), 200);
  Client second = first;
  second.endpoint.port = Port{41'000};
  second = world.login(second);
  EXPECT_EQ(world.allocate(second).code(), 300);
  ASSERT_EQ(world.refresh(first, 0).code(), 200);
  EXPECT_EQ(world.allocate(second).code(), 200);
}

TEST(Redirect, ARetransmittedAllocateStillGetsItsAllocation) {
  World world{with_servers()};
  const Client client = world.login();
  const auto transaction = stun::TransactionId::random();
  ASSERT_EQ(world.ask(client, Method::allocate, transaction, World::allocate_udp).code(), 200);
  world.server.drain();
  EXPECT_EQ(world.ask(client, Method::allocate, transaction, World::allocate_udp).code(), 200);
}

TEST(Redirect, Rfc8489_14_15_TheServerIsOfTheClientsFamily) {
  World world{with_servers()};
  world.server.drain();
  Client client;
  client.endpoint = *Endpoint::parse("[2001:db8::50]:40000");
  EXPECT_EQ(alternate(world.allocate(world.login(client))), Endpoint::parse("[2001:db8::20]:3478"));
}

TEST(Redirect, WithoutAServerOfThatFamilyTheClientIsServedHere) {
  Settings settings = with_servers();
  settings.redirect.servers.pop_back();
  World world{settings};
  world.server.drain();
  Client client;
  client.endpoint = *Endpoint::parse("[2001:db8::50]:40000");
  EXPECT_EQ(world.allocate(world.login(client)).code(), 200);
}

TEST(Redirect, TheSameClientAlwaysGetsTheSameServer) {
  World world{with_servers()};
  world.server.drain();
  std::set<Endpoint> seen;
  for (std::uint16_t port = 1000; port < 1050; ++port) {
    Client client;
    client.endpoint.port = Port{port};
    client = world.login(client);
    const auto first = alternate(world.allocate(client));
    EXPECT_EQ(alternate(world.allocate(client)), first);
    seen.insert(*first);
  }
  EXPECT_EQ(seen.size(), 2u) << "and clients are spread over all of them";
}

TEST(Redirect, Rfc8489_14_16_OnlySecureClientsHearTheName) {
  World world{with_servers()};
  world.server.drain();
  const std::pair<Transport, bool> cases[] = {{Transport::udp, false},
                                              {Transport::tcp, false},
                                              {Transport::tls, true},
                                              {Transport::dtls, true}};
  for (const auto& [transport, told] : cases) {
    const auto answer = world.allocate(world.login(Client{}.over(transport, 7)));
    EXPECT_EQ(answer.view().has(AttributeType::alternate_domain), told) << to_string(transport);
  }
}

}  // namespace
}  // namespace avedge::turn
