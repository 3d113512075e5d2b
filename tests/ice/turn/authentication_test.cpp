#include <gtest/gtest.h>

#include "fakes.h"
#include "ice/auth/time_limited.h"

namespace avedge::turn {
namespace {

using namespace testing;
using stun::AttributeType;
using stun::Method;
using stun::StunBuilder;
using namespace std::chrono_literals;

TEST(Authentication, Rfc8489_9_2_4_WithoutIntegrityComesAChallenge) {
  World world;
  for (const auto method :
       {Method::allocate, Method::refresh, Method::create_permission, Method::channel_bind}) {
    const auto answer = world.ask(Client{}, method);
    EXPECT_EQ(answer.code(), 401);
    EXPECT_EQ(answer.reason, DropReason::unauthenticated);
    EXPECT_EQ(text_of(*answer.view().find(AttributeType::realm)), "example.org");
    EXPECT_TRUE(answer.view().has(AttributeType::nonce));
    EXPECT_FALSE(stun::has_integrity(answer.view()));
  }
}

TEST(Authentication, ChallengesCarryNoMoreThanNeeded) {
  Settings settings = World::default_settings();
  settings.credentials.authentication = Authentication::md5;
  World plain{settings};
  // Header, ERROR-CODE without a phrase, REALM, NONCE.
  EXPECT_EQ(plain.ask(Client{}, Method::allocate).bytes.size(), 20u + 8 + 16 + 20);
  // The cookie and PASSWORD-ALGORITHMS, if SHA-256 is to be offered.
  EXPECT_EQ(World{}.ask(Client{}, Method::allocate).bytes.size(), 20u + 8 + 16 + 32 + 12);
}

TEST(Authentication, NothingIsKeptForStrangers) {
  World world;
  for (std::uint16_t port = 1; port < 500; ++port) {
    Client client;
    client.endpoint.port = Port{port};
    world.ask(client, Method::allocate, World::allocate_udp);
  }
  EXPECT_TRUE(world.flows.flows.empty());
  EXPECT_TRUE(world.ports.sockets.empty());
  EXPECT_TRUE(world.quota.booked.empty());
  EXPECT_EQ(world.server.next_deadline(), kNever);
}

TEST(Authentication, Rfc8489_9_2_4_MissingAttributesAreABadRequest) {
  const std::pair<const char*, std::vector<AttributeType>> cases[] = {
      {"no username", {AttributeType::realm, AttributeType::nonce}},
      {"no realm", {AttributeType::username, AttributeType::nonce}},
      {"no nonce", {AttributeType::username, AttributeType::realm}},
      {"nothing", {}},
  };
  for (const auto& [name, present] : cases) {
    World world;
    const Client client = world.login();
    Client unsigned_client;
    const auto answer =
        world.ask(unsigned_client, Method::allocate, [&, &list = present](StunBuilder& b) {
          for (const auto type : list) b.text(type, "x");
          b.integrity(client.key());
        });
    EXPECT_EQ(answer.code(), 400) << name;
    EXPECT_FALSE(stun::has_integrity(answer.view())) << name;
    EXPECT_FALSE(answer.view().has(AttributeType::nonce)) << name;
  }
}

TEST(Authentication, WrongPasswordAndUnknownUserLookTheSame) {
  World world;
  Client wrong = world.login();
  wrong.password = "guess";
  Client unknown = wrong;
  unknown.user = "mallory";
  const auto a = world.allocate(wrong);
  const auto b = world.allocate(unknown);
  for (const auto* answer : {&a, &b}) {
    EXPECT_EQ(answer->code(), 401);
    EXPECT_EQ(answer->reason, DropReason::bad_credentials);
    EXPECT_FALSE(stun::has_integrity(answer->view()));
  }
  EXPECT_EQ(a.bytes.size(), b.bytes.size());
}

TEST(Authentication, Rfc8656_5_NoncesGoStaleAfterAnHour) {
  World world;
  Client client = world.login();
  world.now += 1h;
  EXPECT_EQ(world.allocate(client).code(), 200);
  world.now += 1s;
  const auto stale = world.refresh(client);
  EXPECT_EQ(stale.code(), 438);
  EXPECT_EQ(stale.reason, DropReason::stale_nonce);
  EXPECT_TRUE(stale.view().has(AttributeType::realm));
  client.nonce = text_of(*stale.view().find(AttributeType::nonce));
  EXPECT_EQ(world.refresh(client).code(), 200);
}

TEST(Authentication, Rfc8489_9_2_4_NoncesBelongToOneAddressAndPort) {
  World world;
  Client client = world.login();
  client.endpoint.port = Port{4711};
  EXPECT_EQ(world.allocate(client).code(), 438);
}

TEST(Authentication, AnswersToUsersAreProtected) {
  World world;
  const Client client = world.login();
  const auto bad = world.ask(client, Method::allocate);  // no REQUESTED-TRANSPORT
  EXPECT_EQ(bad.code(), 400);
  EXPECT_TRUE(stun::verify_integrity(bad.view(), client.key()));
  const auto good = world.allocate(client);
  EXPECT_TRUE(stun::verify_integrity(good.view(), client.key()));
  const auto unknown =
      world.ask(client, Method::refresh, [](StunBuilder& b) { b.flag(AttributeType{0x0042}); });
  EXPECT_EQ(unknown.code(), 420);
  EXPECT_TRUE(stun::verify_integrity(unknown.view(), client.key()));
}

TEST(Authentication, TimeLimitedCredentials) {
  World world;
  Client client;
  client.user = "1800000100:carol";
  client.password = time_limited_password("old secret", client.user);
  client = world.login(client);
  EXPECT_EQ(world.allocate(client).code(), 200);
  EXPECT_EQ(world.quota.booked.at("carol"), 1u);

  // Renewed credentials of the same user work on the same allocation.
  client.user = "1800000900:carol";
  client.password = time_limited_password("new secret", client.user);
  EXPECT_EQ(world.refresh(client).code(), 200);

  // Once they have run out they are good for what there is, and for nothing new: a browser cannot
  // renew them in the middle of a call.
  world.wall_clock = UnixSeconds{1'800'000'900};
  EXPECT_EQ(world.refresh(client).code(), 200);
  EXPECT_EQ(world.permit(client, {"8.8.8.8:1"}).code(), 200);
  EXPECT_EQ(world.refresh(client, 0).code(), 200);
  EXPECT_EQ(world.allocate(client).code(), 401);
}

TEST(Authentication, Rfc8656_5_AnotherUserMayNotTouchAnAllocation) {
  World world;
  const Client alice = world.login();
  ASSERT_EQ(world.allocate(alice).code(), 200);
  Client bob = alice;
  bob.user = "bob";
  bob.password = "builder";
  for (const auto& answer : {world.refresh(bob, 0), world.permit(bob, {"8.8.8.8:1"}),
                             world.bind(bob, 0x4000, "8.8.8.8:1")}) {
    EXPECT_EQ(answer.code(), 441);
    EXPECT_EQ(answer.reason, DropReason::wrong_user);
  }
  EXPECT_EQ(world.ports.sockets.size(), 1u);
}

TEST(Authentication, PercentSignsInNamesAreJustBytes) {
  Settings settings = World::default_settings();
  settings.credentials.users["%s%n'; DROP TABLE--"] = {"wonder"};
  World world{settings};
  Client client;
  client.user = "%s%n'; DROP TABLE--";
  client = world.login(client);
  EXPECT_EQ(world.allocate(client).code(), 200);
}

TEST(Authentication, NamesLongerThanTheRfcAllowsAreBadRequests) {
  World world;
  Client client = world.login();
  client.user = std::string(509, 'a');
  EXPECT_EQ(world.allocate(client).code(), 400);
}

TEST(Authentication, AttributesBehindIntegrityGrantNothing) {
  World world;
  const Client client = world.login();
  ASSERT_EQ(world.allocate(client).code(), 200);
  auto request = World::build(client, Method::create_permission, kNothing, {});
  std::array<std::byte, 64> buffer;
  StunBuilder smuggler{buffer, Method::binding, stun::MessageClass::request, {}};
  World::add_peer(smuggler, "8.8.8.8:1");
  const ConstBytes smuggled = smuggler.finish().subspan(kStunHeaderSize);
  request.insert(request.end(), smuggled.begin(), smuggled.end());
  store_be16(&request[2], static_cast<std::uint16_t>(request.size() - kStunHeaderSize));
  EXPECT_EQ(world.receive(client.endpoint, request).code(), 400);
  EXPECT_EQ(world.flow(world.relay(), "8.8.8.8:0"), nullptr);
}

}  // namespace
}  // namespace avedge::turn
