#include "signaling-shim/ng/cookie_cache.h"

#include <gtest/gtest.h>

namespace avedge::ng {
namespace {

using std::chrono::seconds;

class NgCookieCache : public testing::Test {
 protected:
  [[nodiscard]] std::string found(std::string_view peer, std::string_view cookie) {
    const std::string* reply = cache.find(now, peer, cookie);
    return reply == nullptr ? "nothing" : *reply;
  }

  CookieCache cache;
  Time now{std::chrono::hours{1}};
};

TEST_F(NgCookieCache, AnAnswerIsRememberedForItsPeerOnly) {
  cache.insert(now, "proxy1", "5_1", "answer");
  EXPECT_EQ(found("proxy1", "5_1"), "answer");
  EXPECT_EQ(found("proxy2", "5_1"), "nothing");
  EXPECT_EQ(found("proxy1", "5_2"), "nothing");
}

TEST_F(NgCookieCache, AnAnswerLivesForOneToTwoGenerations) {
  (void)found("proxy", "0");
  now += seconds{29};
  cache.insert(now, "proxy", "1", "answer");
  now += seconds{30};
  EXPECT_EQ(found("proxy", "1"), "answer");
  now += seconds{31};
  EXPECT_EQ(found("proxy", "1"), "nothing");
  EXPECT_EQ(cache.size(), 0U);
}

TEST_F(NgCookieCache, NothingOldSurvivesASilence) {
  cache.insert(now, "proxy", "1", "answer");
  now += seconds{3600};
  EXPECT_EQ(found("proxy", "1"), "nothing");
}

TEST_F(NgCookieCache, MemoryIsBounded) {
  const std::string large(1024 * 1024, 'x');
  for (int i = 0; i < 200; ++i) cache.insert(now, "proxy", std::to_string(i), large);
  EXPECT_LE(cache.size() * large.size(), 2 * CookieCache::kMaxBytes);
  EXPECT_EQ(found("proxy", "199"), large);
  EXPECT_EQ(found("proxy", "0"), "nothing");
}

}  // namespace
}  // namespace avedge::ng
