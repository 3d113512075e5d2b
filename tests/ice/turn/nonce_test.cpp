#include "ice/turn/nonce.h"

#include <gtest/gtest.h>

namespace avedge::turn {
namespace {

using namespace std::chrono_literals;

const Endpoint kClient = *Endpoint::parse("192.0.2.1:1234");
constexpr Time kNow{1000h};

std::string text(const Nonce& nonce) {
  return {nonce.data(), nonce.size()};
}

TEST(Nonce, IsFreshForItsClientWithinItsLifetime) {
  const NonceMint mint{random_nonce_key(), 1h};
  const auto nonce = text(mint.issue(kNow, kClient));
  EXPECT_TRUE(mint.is_fresh(kNow, kClient, nonce));
  EXPECT_TRUE(mint.is_fresh(kNow + 1h, kClient, nonce));
  EXPECT_FALSE(mint.is_fresh(kNow + 1h + 1s, kClient, nonce));
  EXPECT_FALSE(mint.is_fresh(kNow - 1s, kClient, nonce));  // from the future
  EXPECT_FALSE(mint.is_fresh(kNow, *Endpoint::parse("192.0.2.1:1235"), nonce));
  EXPECT_FALSE(mint.is_fresh(kNow, *Endpoint::parse("192.0.2.2:1234"), nonce));
}

TEST(Nonce, CannotBeMadeWithoutTheKey) {
  const NonceMint mint{random_nonce_key(), 1h};
  const NonceMint other{random_nonce_key(), 1h};
  EXPECT_FALSE(mint.is_fresh(kNow, kClient, text(other.issue(kNow, kClient))));
}

TEST(Nonce, EveryChangedCharacterIsNoticed) {
  const NonceMint mint{random_nonce_key(), 1h};
  const auto nonce = text(mint.issue(kNow, kClient));
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    std::string changed = nonce;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(mint.is_fresh(kNow, kClient, changed)) << i;
  }
}

TEST(Nonce, RefusesWhatIsNone) {
  const NonceMint mint{random_nonce_key(), 1h};
  const auto nonce = text(mint.issue(kNow, kClient));
  for (const auto& other : {std::string{}, nonce.substr(1), nonce + "0", std::string(24, 'z'),
                            std::string(24, '\0'), "-" + nonce.substr(1)}) {
    EXPECT_FALSE(mint.is_fresh(kNow, kClient, other)) << other;
  }
}

}  // namespace
}  // namespace avedge::turn
