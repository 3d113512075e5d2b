#include "ice/auth/nonce.h"

#include <gtest/gtest.h>

namespace avedge::turn {
namespace {

using namespace std::chrono_literals;

const Endpoint kClient = *Endpoint::parse("192.0.2.1:1234");
constexpr Time kNow{1000h};

constexpr SecurityFeatures kNone{};
constexpr SecurityFeatures kAll{true, true};

std::string text(const Nonce& nonce) {
  return std::string{nonce.text()};
}

TEST(Nonce, IsFreshForItsClientWithinItsLifetime) {
  const NonceGenerator mint{random_nonce_key(), 1h};
  for (const auto features : {kNone, SecurityFeatures{true, false}, kAll}) {
    const auto nonce = text(mint.issue(kNow, kClient, features));
    const auto state = [&](Time now, const char* client) {
      return mint.inspect(now, *Endpoint::parse(client), features, nonce);
    };
    EXPECT_EQ(state(kNow, "192.0.2.1:1234"), NonceState::fresh);
    EXPECT_EQ(state(kNow + 1h, "192.0.2.1:1234"), NonceState::fresh);
    EXPECT_EQ(state(kNow + 1h + 1s, "192.0.2.1:1234"), NonceState::stale);
    EXPECT_EQ(state(kNow - 1s, "192.0.2.1:1234"), NonceState::foreign);  // from the future
    EXPECT_EQ(state(kNow, "192.0.2.1:1235"), NonceState::foreign);
    EXPECT_EQ(state(kNow, "192.0.2.2:1234"), NonceState::foreign);
  }
}

TEST(Nonce, Rfc8489_9_2_BeginsWithTheCookieOnlyIfThereAreFeatures) {
  const NonceGenerator mint{random_nonce_key(), 1h};
  const auto start = [&](SecurityFeatures features) {
    return text(mint.issue(kNow, kClient, features)).substr(0, 13);
  };
  // Bits count from the right, as in RFC 8489 Appendix B.1.
  EXPECT_EQ(start({true, false}), "obMatJos2AAAB");
  EXPECT_EQ(start({false, true}), "obMatJos2AAAC");
  EXPECT_EQ(start({true, true}), "obMatJos2AAAD");
  EXPECT_NE(start(kNone).substr(0, 9), "obMatJos2");
  EXPECT_EQ(mint.issue(kNow, kClient, kNone).text().size(), 15u);
  EXPECT_EQ(mint.issue(kNow, kClient, kAll).text().size(), 28u);
}

TEST(Nonce, FeaturesCannotBeTakenOutOfIt) {
  const NonceGenerator mint{random_nonce_key(), 1h};
  const auto nonce = text(mint.issue(kNow, kClient, kAll));
  EXPECT_EQ(mint.inspect(kNow, kClient, kNone, nonce.substr(13)), NonceState::foreign);
  EXPECT_EQ(mint.inspect(kNow, kClient, kAll, "obMatJos2AAAC" + nonce.substr(13)),
            NonceState::foreign);
  EXPECT_EQ(mint.inspect(kNow, kClient, {false, true}, "obMatJos2AAAC" + nonce.substr(13)),
            NonceState::foreign);
}

TEST(Nonce, CannotBeMadeWithoutTheKey) {
  const NonceGenerator mint{random_nonce_key(), 1h};
  const NonceGenerator other{random_nonce_key(), 1h};
  const auto nonce = text(other.issue(kNow, kClient, kNone));
  EXPECT_EQ(mint.inspect(kNow, kClient, kNone, nonce), NonceState::foreign);
}

TEST(Nonce, EveryChangedCharacterIsNoticed) {
  const NonceGenerator mint{random_nonce_key(), 1h};
  const auto nonce = text(mint.issue(kNow, kClient, kAll));
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    std::string changed = nonce;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(mint.inspect(kNow, kClient, kAll, changed), NonceState::foreign) << i;
  }
}

TEST(Nonce, RefusesWhatIsNone) {
  const NonceGenerator mint{random_nonce_key(), 1h};
  for (const auto features : {kNone, kAll}) {
    const auto nonce = text(mint.issue(kNow, kClient, features));
    for (const auto& other :
         {std::string{}, nonce.substr(1), nonce + "0", std::string(nonce.size(), 'z'),
          std::string(nonce.size(), '\0'), std::string(nonce.size(), '='), "-" + nonce.substr(1)}) {
      EXPECT_EQ(mint.inspect(kNow, kClient, features, other), NonceState::foreign) << other;
    }
  }
}

}  // namespace
}  // namespace avedge::turn
