#include "relay/core/gcra.h"

#include <gtest/gtest.h>

namespace avedge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Time kStart{std::chrono::hours{1}};

/// How much of `step` gets through when one is tried every millisecond for `length`.
std::uint64_t spent(GcraBudget& budget, Time from, Duration length, std::uint64_t step) {
  std::uint64_t sum = 0;
  for (Time now = from; now < from + length; now += milliseconds{1}) {
    if (budget.spend(now, step)) sum += step;
  }
  return sum;
}

TEST(GcraBudget, KeepsItsRateInTheLongRun) {
  struct Case {
    std::uint64_t rate;
    std::uint64_t step;
  };
  for (const Case& c : {Case{1000, 7}, Case{125'000, 1200}, Case{12'500'000'000, 15'000'000},
                        Case{1, 1}, Case{8000, 65'535}}) {
    GcraBudget budget{GcraRate{c.rate, milliseconds{100}}};
    const double expected = static_cast<double>(c.rate) * 100.1 + static_cast<double>(c.step);
    const auto got = static_cast<double>(spent(budget, kStart, seconds{100}, c.step));
    EXPECT_LE(got, expected * 1.02) << c.rate;
    EXPECT_GE(got, expected * 0.95 - static_cast<double>(2 * c.step)) << c.rate;
  }
}

TEST(GcraBudget, AfterAPauseABurstIsFree) {
  GcraBudget budget{GcraRate{1000, milliseconds{100}}};
  int burst = 0;
  while (budget.spend(kStart, 10)) ++burst;
  EXPECT_EQ(burst, 11) << "100 in advance, and the one that goes into debt";
  EXPECT_FALSE(budget.spend(kStart + milliseconds{9}, 10));
  EXPECT_TRUE(budget.spend(kStart + milliseconds{10}, 10));
}

TEST(GcraBudget, AnIdleTimeIsNotSaved) {
  GcraBudget budget{GcraRate{1000, milliseconds{100}}};
  ASSERT_TRUE(budget.spend(kStart, 1));
  int burst = 0;
  while (budget.spend(kStart + std::chrono::hours{5}, 10)) ++burst;
  EXPECT_EQ(burst, 11);
}

TEST(GcraBudget, OneThatIsGreaterThanTheBurstPasses) {
  GcraBudget budget{GcraRate{1000, milliseconds{10}}};
  EXPECT_TRUE(budget.spend(kStart, 60'000));
  EXPECT_FALSE(budget.spend(kStart + seconds{59}, 1)) << "and is paid for";
  EXPECT_TRUE(budget.spend(kStart + seconds{60}, 1));
}

}  // namespace
}  // namespace avedge
