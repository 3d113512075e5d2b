#include "ice/auth/unauthenticated_response_limiter.h"

#include <gtest/gtest.h>

namespace avedge::turn {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{100h};

std::size_t take_all(UnauthenticatedResponseLimiter& budget, Time now, const char* source) {
  std::size_t taken = 0;
  while (taken < 10'000 && budget.take(now, *IpAddress::parse(source))) ++taken;
  return taken;
}

TEST(UnauthenticatedResponseLimiter, BurstThenRate) {
  UnauthenticatedResponseLimiter budget{100, 20};
  EXPECT_EQ(take_all(budget, kStart, "192.0.2.1"), 20u);
  EXPECT_EQ(take_all(budget, kStart + 50ms, "192.0.2.1"), 5u);
  EXPECT_EQ(take_all(budget, kStart + 1h, "192.0.2.1"), 20u);
}

TEST(UnauthenticatedResponseLimiter, IsSharedByAPrefix) {
  UnauthenticatedResponseLimiter budget{100, 20};
  take_all(budget, kStart, "192.0.2.1");
  EXPECT_EQ(take_all(budget, kStart, "192.0.2.254"), 0u);
  take_all(budget, kStart, "2001:db8:1:2::1");
  EXPECT_EQ(take_all(budget, kStart, "2001:db8:1:ffff::9"), 0u);
}

TEST(UnauthenticatedResponseLimiter, OtherPrefixesHaveTheirOwn) {
  UnauthenticatedResponseLimiter budget{100, 20};
  take_all(budget, kStart, "192.0.2.1");
  std::size_t unharmed = 0;
  for (int i = 0; i < 100; ++i) {
    unharmed += take_all(budget, kStart, ("198.51." + std::to_string(i) + ".1").c_str()) > 0;
  }
  EXPECT_GT(unharmed, 80u);  // some meet in one bucket
}

TEST(UnauthenticatedResponseLimiter, ForgedSourcesTogetherAreBounded) {
  UnauthenticatedResponseLimiter budget{1, 1};
  std::size_t answers = 0;
  for (int a = 1; a < 200; ++a) {
    for (int b = 0; b < 200; ++b) {
      const std::string source = std::to_string(a) + "." + std::to_string(b) + ".1.1";
      answers += budget.take(kStart, *IpAddress::parse(source)) ? 1 : 0;
    }
  }
  EXPECT_LE(answers, 4096u);
}

}  // namespace
}  // namespace avedge::turn
