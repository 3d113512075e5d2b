// What the log says about limits, and how often.
#include "edge/limit_watch.h"

#include <gtest/gtest.h>

namespace avedge::edge {
namespace {

using std::chrono::seconds;
constexpr Time kStart{seconds{1000}};

void count(Drops& drops, DropReason reason, int times) {
  for (int i = 0; i < times; ++i) drops.count(reason);
}

TEST(LimitWatch, SaysNothingWhileNothingIsRefused) {
  Drops drops;
  count(drops, DropReason::no_permission, 5);
  LimitWatch watch;
  EXPECT_TRUE(watch.look(kStart, {&drops}).empty());
}

TEST(LimitWatch, SumsUpAllThatCount) {
  Drops worker;
  Drops door;
  count(worker, DropReason::connection_evicted, 2);
  count(door, DropReason::connection_evicted, 3);
  LimitWatch watch;
  const auto reports = watch.look(kStart, {&worker, &door});
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].count, 5u);
  EXPECT_NE(reports[0].remedy.find("half_open"), std::string_view::npos);
}

TEST(LimitWatch, RepeatsItselfOnceAMinuteWithWhatCameSince) {
  Drops drops;
  LimitWatch watch;
  count(drops, DropReason::descriptors_exhausted, 1);
  EXPECT_EQ(watch.look(kStart, {&drops}).size(), 1u);
  count(drops, DropReason::descriptors_exhausted, 7);
  EXPECT_TRUE(watch.look(kStart + seconds{59}, {&drops}).empty());
  EXPECT_EQ(watch.look(kStart + seconds{60}, {&drops}).at(0).count, 7u);
  EXPECT_TRUE(watch.look(kStart + seconds{180}, {&drops}).empty()) << "nothing new";
}

TEST(LimitWatch, OneLimitDoesNotSilenceAnother) {
  Drops drops;
  LimitWatch watch;
  count(drops, DropReason::connection_limit, 1);
  EXPECT_EQ(watch.look(kStart, {&drops}).size(), 1u);
  count(drops, DropReason::descriptors_exhausted, 1);
  EXPECT_EQ(watch.look(kStart + seconds{5}, {&drops}).size(), 1u);
}

}  // namespace
}  // namespace avedge::edge
