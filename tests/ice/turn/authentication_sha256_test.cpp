// RFC 8489 §9.2: SHA-256, PASSWORD-ALGORITHMS with the nonce cookie, USERHASH; realms, and users
// whose passwords the server does not know.
#include <gtest/gtest.h>

#include "fakes.h"
#include "ice/auth/time_limited.h"
#include "ice/stun/password_algorithm.h"

namespace avedge::turn {
namespace {

using namespace testing;
using stun::AttributeType;
using stun::Method;
using stun::PasswordAlgorithm;
using stun::StunBuilder;
using stun::StunView;

/// Users only, so that anonymity can be offered.
Settings users_only(Authentication authentication = Authentication::both) {
  Settings settings = World::default_settings();
  settings.credentials.shared_secrets.clear();
  settings.credentials.authentication = authentication;
  return settings;
}

Client modern() {
  Client client;
  client.with_sha256 = true;
  return client;
}

TEST(Sha256, Rfc8489_9_2_4_TheChallengeOffersBothAlgorithmsTheBetterOneFirst) {
  World world;
  const auto challenge = world.ask(Client{}, Method::allocate);
  const auto offered = challenge.view().find(AttributeType::password_algorithms);
  ASSERT_TRUE(offered);
  const std::array both{PasswordAlgorithm::sha256, PasswordAlgorithm::md5};
  const auto expected = stun::password_algorithms(both);
  EXPECT_TRUE(std::equal(offered->begin(), offered->end(), expected.begin(), expected.end()));
  EXPECT_TRUE(text_of(*challenge.view().find(AttributeType::nonce)).starts_with("obMatJos2AAAB"));
}

TEST(Sha256, Rfc8489_9_2_4_AnswersAreProtectedAsTheRequestWas) {
  World world;
  const Client client = world.login(modern());
  const auto answer = world.allocate(client);
  EXPECT_EQ(answer.code(), 200);
  EXPECT_EQ(stun::strongest_integrity(answer.view()), StunView::IntegrityKind::sha256);
  EXPECT_FALSE(answer.view().integrity(StunView::IntegrityKind::sha1));
  EXPECT_TRUE(stun::verify_integrity(
      answer.view(), stun::long_term_key_sha256(client.user, client.realm, client.password)));
}

TEST(Sha256, ClientsThatKnowOnlyMd5IgnoreTheOffer) {
  World world;
  EXPECT_EQ(world.allocate(world.login()).code(), 200);
}

TEST(Sha256, TimeLimitedCredentialsOfEveryKind) {
  World world;
  for (const auto hash : {PasswordHash::sha1, PasswordHash::sha256}) {
    for (const bool with_sha256 : {false, true}) {
      Client client;
      client.endpoint.port = Port{static_cast<std::uint16_t>(client.endpoint.port.number() + 1 +
                                                             (with_sha256 ? 1 : 0) +
                                                             (hash == PasswordHash::sha1 ? 2 : 0))};
      client.with_sha256 = with_sha256;
      client.user = "1800000100:carol";
      client.password = time_limited_password("old secret", client.user, hash);
      EXPECT_EQ(world.allocate(world.login(client)).code(), 200);
    }
  }
}

// --- bid-down ------------------------------------------------------------------------------------

TEST(BidDown, Rfc8489_9_2_4_AnOfferThatWasTamperedWithIsABadRequest) {
  const auto md5_only = stun::password_algorithms(std::array{PasswordAlgorithm::md5});
  const auto swapped =
      stun::password_algorithms(std::array{PasswordAlgorithm::md5, PasswordAlgorithm::sha256});
  const std::pair<const char*, std::vector<std::byte>> cases[] = {
      {"SHA-256 taken out", md5_only}, {"order changed", swapped}, {"not repeated", {}}};
  for (const auto& [name, algorithms] : cases) {
    World world;
    Client client = world.login(modern());
    client.algorithms = algorithms;
    const auto answer = world.allocate(client);
    EXPECT_EQ(answer.code(), 400) << name;
    EXPECT_FALSE(stun::has_integrity(answer.view())) << name;
  }
}

TEST(BidDown, Rfc8489_9_2_4_TheAlgorithmMustBeChosenAndBeOneOfTheOffer) {
  World world;
  const Client client = world.login(modern());
  const std::pair<const char*, std::optional<std::uint32_t>> cases[] = {
      {"none chosen", std::nullopt}, {"one we do not know", 0x00070000}};
  for (const auto& [name, algorithm] : cases) {
    const auto answer =
        world.ask(Client{}, Method::allocate, [&, chosen = algorithm](StunBuilder& b) {
          World::allocate_udp(b);
          b.text(AttributeType::username, client.user)
              .text(AttributeType::realm, client.realm)
              .text(AttributeType::nonce, client.nonce)
              .raw(AttributeType::password_algorithms, client.algorithms);
          if (chosen) b.u32(AttributeType::password_algorithm, *chosen);
          b.integrity(client.key());
        });
    EXPECT_EQ(answer.code(), 400) << name;
  }
}

TEST(BidDown, ANonceFromBeforeAReloadIsStaleAndNothingWorse) {
  World world;
  const Client client = world.login(modern());
  Settings settings = World::default_settings();
  settings.credentials.authentication = Authentication::sha256;
  world.reconfigure(settings);
  EXPECT_EQ(world.allocate(client).code(), 438);
  EXPECT_EQ(world.allocate(world.login(modern())).code(), 200);
}

TEST(Sha256, TheOperatorMayRefuseMd5) {
  World world{users_only(Authentication::sha256)};
  EXPECT_EQ(world.allocate(world.login()).code(), 401);
  EXPECT_EQ(world.allocate(world.login(modern())).code(), 200);
}

TEST(Sha256, TheOperatorMayDoWithoutIt) {
  World world{users_only(Authentication::md5)};
  const auto challenge = world.ask(Client{}, Method::allocate);
  EXPECT_FALSE(challenge.view().has(AttributeType::password_algorithms));
  EXPECT_EQ(world.allocate(world.login(modern())).code(), 401);
  EXPECT_EQ(world.allocate(world.login()).code(), 200);
}

// --- USERHASH ------------------------------------------------------------------------------------

TEST(UserHash, Rfc8489_9_2_4_StandsForTheNameOfAUser) {
  World world{users_only()};
  Client client = modern();
  client.hides_name = true;
  client = world.login(client);
  EXPECT_TRUE(client.nonce.starts_with("obMatJos2AAAD"));
  EXPECT_EQ(world.allocate(client).code(), 200);
  EXPECT_EQ(world.quota.booked.at("alice"), 1u);
  // The name says the same as its hash.
  client.hides_name = false;
  EXPECT_EQ(world.refresh(client).code(), 200);
}

TEST(UserHash, AnUnknownOneLooksLikeAnUnknownUser) {
  World world{users_only()};
  Client client = modern();
  client.hides_name = true;
  client.user = "mallory";
  const auto answer = world.allocate(world.login(client));
  EXPECT_EQ(answer.code(), 401);
  EXPECT_EQ(answer.reason, DropReason::bad_credentials);
}

TEST(UserHash, OfTheWrongSizeIsABadRequest) {
  World world{users_only()};
  const Client client = world.login();
  const auto answer = world.ask(Client{}, Method::allocate, [&](StunBuilder& b) {
    b.text(AttributeType::userhash, "short")
        .text(AttributeType::realm, client.realm)
        .text(AttributeType::nonce, client.nonce)
        .integrity(client.key());
  });
  EXPECT_EQ(answer.code(), 400);
}

TEST(UserHash, IsNotAskedForWhereNamesCannotBeFoundAgain) {
  World world;  // it has time-limited credentials
  EXPECT_TRUE(world.login().nonce.starts_with("obMatJos2AAAB"));
  Client client = modern();
  client.hides_name = true;
  EXPECT_EQ(world.allocate(world.login(client)).code(), 200) << "but a user may use it";
}

// --- keys instead of passwords, and realms -------------------------------------------------------

TEST(HashedUsers, LogInWithTheAlgorithmOfTheirKeys) {
  Settings settings = users_only();
  auto& users = settings.credentials.users;
  users["md5"].md5_key = stun::long_term_key("md5", "example.org", "wonder");
  users["sha"].sha256_key = stun::long_term_key_sha256("sha", "example.org", "wonder");
  const std::tuple<const char*, bool, int> cases[] = {
      {"md5", false, 200}, {"md5", true, 401}, {"sha", false, 401}, {"sha", true, 200}};
  for (const auto& [user, with_sha256, code] : cases) {
    World world{settings};
    Client client;
    client.user = user;
    client.with_sha256 = with_sha256;
    EXPECT_EQ(world.allocate(world.login(client)).code(), code) << user << with_sha256;
  }
}

TEST(HashedUsers, WithoutAnySha256KeyTheChallengeDoesNotOfferIt) {
  Settings settings = users_only();
  settings.credentials.users.clear();
  settings.credentials.users["md5"].md5_key = stun::long_term_key("md5", "example.org", "wonder");
  World world{settings};
  EXPECT_FALSE(
      world.ask(Client{}, Method::allocate).view().has(AttributeType::password_algorithms));
}

TEST(Realms, EachListenerHasItsOwn) {
  Settings settings = users_only();
  settings.credentials.listener_realms = {"", "other.example"};
  settings.credentials.users["hashed"].md5_key =
      stun::long_term_key("hashed", "other.example", "wonder");
  settings.credentials.users["hashed"].realm = "other.example";
  World world{settings};
  const std::tuple<std::uint16_t, const char*, const char*, int> cases[] = {
      {0, "alice", "example.org", 200},    {1, "alice", "other.example", 200},
      {2, "alice", "example.org", 200},    {1, "alice", "example.org", 401},
      {1, "hashed", "other.example", 200}, {0, "hashed", "example.org", 401}};
  std::uint16_t port = 1000;
  for (const auto& [listener, user, realm, code] : cases) {
    Client client;
    client.endpoint.port = Port{++port};
    client.listener = listener;
    client.user = user;
    client.realm = realm;
    EXPECT_EQ(world.allocate(world.login(client)).code(), code) << listener << user << realm;
  }
  Client other;
  other.listener = 1;
  const auto challenge = world.ask(other, Method::allocate);
  EXPECT_EQ(text_of(*challenge.view().find(AttributeType::realm)), "other.example");
}

}  // namespace
}  // namespace avedge::turn
