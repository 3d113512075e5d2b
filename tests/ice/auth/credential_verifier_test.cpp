#include "ice/auth/credential_verifier.h"

#include <gtest/gtest.h>

#include "ice/auth/time_limited.h"
#include "ice/stun/stun_builder.h"
#include "ice/turn/stun_integrity_check.h"

namespace avedge::turn {
namespace {

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest()
      : verifier_{{"example.org", {}, {{"alice", {"wonder"}}}, {"new", "old"}},
                  [this] { return now_; }} {}

  /// Whom a message protected with that password is taken for; empty: nobody.
  std::string who(const std::string& username, const std::string& password) {
    std::array<std::byte, 256> buffer;
    const ConstBytes bytes =
        stun::StunBuilder{buffer, stun::Method::allocate, stun::MessageClass::request, {}}
            .integrity(stun::long_term_key(username, "example.org", password))
            .finish();
    PresentedCredentials presented;
    presented.username = username;
    const auto message = stun::StunView::parse(bytes);
    identity_ = verifier_.verify(StunIntegrityCheck{*message}, presented, 0);
    return identity_ ? std::string{identity_->user} : "";
  }
  bool is_expired_now(const std::string& username, const std::string& password) {
    who(username, password);
    return identity_->expired;
  }

  std::optional<Identity> identity_;
  UnixSeconds now_{1000};
  CredentialVerifier verifier_;
};

TEST_F(AuthenticatorTest, StaticUsers) {
  EXPECT_EQ(who("alice", "wonder"), "alice");
  EXPECT_EQ(who("alice", "Wonder"), "");
  EXPECT_EQ(who("Alice", "wonder"), "");
  EXPECT_EQ(who("bob", ""), "");
}

TEST_F(AuthenticatorTest, TimeLimitedUsersWithAnySecret) {
  for (const char* secret : {"new", "old"}) {
    EXPECT_EQ(who("1001:bob", time_limited_password(secret, "1001:bob")), "bob");
  }
  EXPECT_EQ(who("1001:bob", time_limited_password("other", "1001:bob")), "");
  EXPECT_EQ(who("1001:bob", time_limited_password("new", "1001:eve")), "");
  EXPECT_EQ(who("1001", time_limited_password("new", "1001")), "1001");
  EXPECT_EQ(who("1001:", time_limited_password("new", "1001:")), "1001:");
  EXPECT_EQ(who("1001:a:b", time_limited_password("new", "1001:a:b")), "a:b");
}

TEST_F(AuthenticatorTest, ExpiryIsAnInstantOfUnixTime) {
  const auto password = time_limited_password("new", "1001:bob");
  EXPECT_FALSE(is_expired_now("1001:bob", password));
  now_ = UnixSeconds{1001};
  EXPECT_TRUE(is_expired_now("1001:bob", password));
}

TEST_F(AuthenticatorTest, NamesWithoutAnExpiryAreNotTimeLimited) {
  for (const char* name : {":bob", "bob", "-5:bob", "+1001:bob", "1001x:bob", " 1001:bob",
                           "99999999999999999999999:bob", "0x7fffffff:bob"}) {
    EXPECT_EQ(who(name, time_limited_password("new", name)), "") << name;
  }
}

TEST(TimeLimitedPassword, IsBase64OfHmacSha1) {
  // echo -n 1433895918:user | openssl dgst -sha1 -hmac secret -binary | base64
  EXPECT_EQ(time_limited_password("secret", "1433895918:user"), "duY86vsmGEXM+Ma7pGS//SXJIv0=");
}

}  // namespace
}  // namespace avedge::turn
