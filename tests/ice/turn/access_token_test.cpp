// RFC 7635: access tokens, and what they open.
#include "ice/auth/access_token.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <memory>

#include "fakes.h"

namespace avedge::turn {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using stun::AttributeType;
using stun::Method;

constexpr UnixSeconds kNow{1'800'000'000};

std::vector<std::byte> repeated(std::size_t size, unsigned char value) {
  return std::vector<std::byte>(size, std::byte{value});
}

TokenKey key_of(TokenKey::Algorithm algorithm) {
  return {algorithm, repeated(algorithm == TokenKey::Algorithm::a128gcm ? 16 : 32, 0x5a)};
}

struct Contents {
  std::vector<std::byte> mac_key = repeated(20, 0x33);
  UnixSeconds issued = kNow;
  std::chrono::seconds lifetime{600};
  std::optional<std::uint16_t> claimed_key_size;
};

/// What an authorization server would make of it (RFC 7635 §6.2).
std::vector<std::byte> make_token(const TokenKey& key, const Contents& contents,
                                  std::string_view server_name) {
  std::vector<std::byte> plain(2 + contents.mac_key.size() + 12);
  ByteWriter writer{plain};
  writer.u16(
      contents.claimed_key_size.value_or(static_cast<std::uint16_t>(contents.mac_key.size())));
  writer.bytes(contents.mac_key);
  writer.u64(static_cast<std::uint64_t>(contents.issued.count()) << 16);
  writer.u32(static_cast<std::uint32_t>(contents.lifetime.count()));

  std::vector<std::byte> token(2 + 12 + plain.size() + 16);
  store_be16(token.data(), 12);
  auto* const raw = reinterpret_cast<unsigned char*>(token.data());
  const auto bytes = [](auto* p) { return reinterpret_cast<const unsigned char*>(p); };
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context{
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free};
  const bool is_short = key.algorithm == TokenKey::Algorithm::a128gcm;
  int written = 0;
  EVP_EncryptInit_ex(context.get(), is_short ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), nullptr,
                     bytes(key.key.data()), raw + 2);
  EVP_EncryptUpdate(context.get(), nullptr, &written, bytes(server_name.data()),
                    static_cast<int>(server_name.size()));
  EVP_EncryptUpdate(context.get(), raw + 14, &written, bytes(plain.data()),
                    static_cast<int>(plain.size()));
  EVP_EncryptFinal_ex(context.get(), raw + 14 + written, &written);
  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, 16, raw + 14 + plain.size());
  return token;
}

TEST(AccessToken, Rfc7635_6_2_OpensWithBothAlgorithms) {
  for (const auto algorithm : {TokenKey::Algorithm::a128gcm, TokenKey::Algorithm::a256gcm}) {
    const TokenKey key = key_of(algorithm);
    const auto token = open_access_token(make_token(key, {}, "turn.example"), key, "turn.example");
    ASSERT_TRUE(token);
    EXPECT_EQ(token->mac_key.bytes().size(), 20u);
    EXPECT_EQ(token->issued, kNow);
    EXPECT_EQ(token->lifetime, 600s);
  }
}

TEST(AccessToken, EveryChangedByteIsNoticed) {
  const TokenKey key = key_of(TokenKey::Algorithm::a256gcm);
  const auto good = make_token(key, {}, "turn.example");
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= std::byte{1};
    EXPECT_FALSE(open_access_token(bad, key, "turn.example")) << i;
  }
  EXPECT_FALSE(open_access_token(good, key, "other.example"));
  EXPECT_FALSE(open_access_token(good, {key.algorithm, repeated(32, 0x5b)}, "turn.example"));
}

TEST(AccessToken, OfTheWrongShapeIsNone) {
  const TokenKey key = key_of(TokenKey::Algorithm::a256gcm);
  for (const std::size_t size : {0u, 1u, 2u, 14u, 30u, 59u}) {
    EXPECT_FALSE(open_access_token(repeated(size, 0), key, "x")) << size;
  }
  EXPECT_FALSE(open_access_token(make_token(key, {repeated(15, 1)}, "x"), key, "x")) << "short";
  EXPECT_FALSE(open_access_token(make_token(key, {repeated(65, 1)}, "x"), key, "x")) << "long";
  EXPECT_TRUE(open_access_token(make_token(key, {repeated(64, 1)}, "x"), key, "x"));
  for (const std::uint16_t claimed :
       {std::uint16_t{0}, std::uint16_t{19}, std::uint16_t{21}, std::uint16_t{65535}}) {
    const auto lying = make_token(key, {repeated(20, 1), kNow, 600s, claimed}, "x");
    EXPECT_FALSE(open_access_token(lying, key, "x")) << claimed;
  }
}

TEST(AccessToken, Rfc7635_4_1_1_IsGoodForItsLifetimeAndFiveSecondsMore) {
  AccessToken token;
  token.issued = kNow;
  token.lifetime = 600s;
  EXPECT_EQ(time_left(token, kNow), 600s);
  EXPECT_EQ(time_left(token, kNow + 599s), 1s);
  EXPECT_EQ(time_left(token, kNow + 604s), 1s);
  EXPECT_EQ(time_left(token, kNow + 605s), std::nullopt);
  EXPECT_EQ(time_left(token, kNow - 604s), 600s);
  EXPECT_EQ(time_left(token, kNow - 605s), std::nullopt);
}

// --- in requests ---------------------------------------------------------------------------------

class TokenRequests : public ::testing::Test {
 protected:
  static Settings settings() {
    Settings settings = World::default_settings();
    settings.credentials.token_keys["north"] = key_of(TokenKey::Algorithm::a256gcm);
    settings.credentials.token_keys["union"] = key_of(TokenKey::Algorithm::a128gcm);
    settings.credentials.server_name = "turn.example";
    return settings;
  }

  Client with_token(const Contents& contents, const std::string& kid = "north") {
    Client client = world_.login();
    client.user = kid;
    const auto& keys = world_.server_settings.credentials.token_keys;
    client.token = make_token(keys.at(kid), contents, "turn.example");
    client.mac_key = contents.mac_key;
    return client;
  }

  World world_{settings()};
};

TEST_F(TokenRequests, Rfc7635_6_1_TheChallengeNamesTheServer) {
  const auto challenge = world_.ask(Client{}, Method::allocate);
  EXPECT_EQ(text_of(*challenge.view().find(AttributeType::third_party_authorization)),
            "turn.example");
  EXPECT_FALSE(
      World{}.ask(Client{}, Method::allocate).view().has(AttributeType::third_party_authorization));
}

TEST_F(TokenRequests, Rfc7635_8_ATokenLogsInAndItsKeyProtectsTheAnswer) {
  const Client client = with_token({});
  const auto answer = world_.allocate(client);
  EXPECT_EQ(answer.code(), 200);
  EXPECT_TRUE(stun::verify_integrity(answer.view(), client.mac_key));
  EXPECT_EQ(world_.quota.booked.at("north"), 1u);
}

TEST_F(TokenRequests, CoturnsClientsUseSixteenBytesOfTheKeyOnly) {
  Client client = with_token({});
  client.mac_key.resize(16);
  EXPECT_EQ(world_.allocate(client).code(), 200);
}

TEST_F(TokenRequests, Rfc7635_9_NothingIsGrantedForLongerThanTheToken) {
  const Client client = with_token({repeated(20, 1), kNow - 500s, 600s});
  EXPECT_EQ(world_.allocate(client).lifetime(), 100u);
  EXPECT_EQ(world_.refresh(client, 3600).lifetime(), 100u);
}

TEST_F(TokenRequests, Rfc7635_8_ATokenThatIsOverOrAStrangersIsRefused) {
  EXPECT_EQ(world_.allocate(with_token({repeated(20, 1), kNow - 605s, 600s})).code(), 401);
  Client stranger = with_token({});
  stranger.user = "nobody";
  EXPECT_EQ(world_.allocate(stranger).code(), 401);
  Client forged = with_token({});
  forged.mac_key = repeated(20, 0x34);
  EXPECT_EQ(world_.allocate(forged).code(), 401);
  Client other_key = with_token({});
  other_key.user = "union";
  EXPECT_EQ(world_.allocate(other_key).code(), 401);
}

TEST_F(TokenRequests, Rfc7635_7_OnItsAllocationRequestsDoWithoutTheToken) {
  Client client = with_token({});
  ASSERT_EQ(world_.allocate(client).code(), 200);
  client.token.clear();
  EXPECT_EQ(world_.permit(client, {"8.8.8.8:1"}).code(), 200);
  EXPECT_EQ(world_.bind(client, 0x4000, "8.8.8.8:1").code(), 200);
  Client elsewhere = client;
  elsewhere.endpoint.port = Port{41'000};
  EXPECT_EQ(world_.permit(world_.login(elsewhere), {"8.8.8.8:1"}).code(), 401);
}

TEST_F(TokenRequests, RefreshBringsAnotherTokenOfAnotherKey) {
  ASSERT_EQ(world_.allocate(with_token({})).code(), 200);
  Client renewed = with_token({repeated(32, 0x77), kNow, 900s}, "union");
  EXPECT_EQ(world_.refresh(renewed, 3600).lifetime(), 900u);
  renewed.token.clear();
  EXPECT_EQ(world_.permit(renewed, {"8.8.8.8:1"}).code(), 200);
  EXPECT_EQ(world_.refresh(renewed, 0).code(), 200);
  EXPECT_EQ(world_.quota.booked.at("north"), 0u) << "whoever it was booked on";
}

TEST_F(TokenRequests, TokensAndPasswordsDoNotTouchEachOthersAllocations) {
  ASSERT_EQ(world_.allocate(with_token({})).code(), 200);
  EXPECT_EQ(world_.refresh(world_.login()).code(), 441);
  Client other = with_token({});
  other.endpoint.port = Port{41'001};
  Client alice = world_.login(other);
  alice.user = "alice";
  alice.token.clear();
  alice.mac_key.clear();
  ASSERT_EQ(world_.allocate(alice).code(), 200);
  other.nonce = alice.nonce;
  EXPECT_EQ(world_.refresh(other).code(), 441);
}

}  // namespace
}  // namespace avedge::turn
