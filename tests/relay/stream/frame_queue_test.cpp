// What stays and what goes when a client reads more slowly than its peers speak.
#include "relay/stream/frame_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

namespace avedge::relay {
namespace {

using std::chrono::milliseconds;

const Time kNow{std::chrono::hours{1}};
constexpr FrameQueueLimits kLimits{.bytes = 100, .age = milliseconds{500}};

std::string waiting(const FrameQueue& queue) {
  return std::string{text_of(queue.bytes())};
}

std::size_t push(FrameQueue& queue, const std::string& frame, Time now = kNow) {
  return queue.push(now, {}, bytes_of(frame), 0);
}

TEST(FrameQueue, KeepsTheOrderAndPadsWithZeros) {
  FrameQueue queue{kLimits};
  EXPECT_EQ(queue.push(kNow, {}, bytes_of("abcde"), 3), 0u);
  EXPECT_EQ(push(queue, "fghi"), 0u);
  EXPECT_EQ(waiting(queue), std::string("abcde\0\0\0fghi", 12));
}

TEST(FrameQueue, ShowsTheFirstFrameAlone) {
  FrameQueue queue{kLimits};
  EXPECT_EQ(queue.push(kNow, {}, bytes_of("abcde"), 3), 0u);
  push(queue, "fghi");
  EXPECT_EQ(text_of(queue.first_frame()), std::string_view("abcde\0\0\0", 8));
  queue.consume(2);
  EXPECT_EQ(text_of(queue.first_frame()), std::string_view("cde\0\0\0", 6));
  queue.consume(6);
  EXPECT_EQ(text_of(queue.first_frame()), "fghi");
}

TEST(FrameQueue, TheOldestWholeFramesMakeRoom) {
  FrameQueue queue{kLimits};
  for (const char name : {'a', 'b', 'c'}) push(queue, std::string(30, name));
  EXPECT_EQ(push(queue, std::string(50, 'd')), 2u);
  EXPECT_EQ(waiting(queue), std::string(30, 'c') + std::string(50, 'd'));
}

TEST(FrameQueue, AFrameThatHasBegunToLeaveStays) {
  FrameQueue queue{kLimits};
  for (const char name : {'a', 'b', 'c'}) push(queue, std::string(30, name));
  queue.consume(10);
  EXPECT_EQ(push(queue, std::string(40, 'd')), 1u);
  EXPECT_EQ(waiting(queue), std::string(20, 'a') + std::string(30, 'c') + std::string(40, 'd'));
}

TEST(FrameQueue, WhatTlsHasSeenStays) {
  FrameQueue queue{kLimits};
  for (const char name : {'a', 'b', 'c'}) push(queue, std::string(30, name));
  queue.pin(31);  // a, and the first byte of b
  EXPECT_EQ(push(queue, std::string(40, 'd')), 1u);
  EXPECT_EQ(waiting(queue), std::string(30, 'a') + std::string(30, 'b') + std::string(40, 'd'));
}

TEST(FrameQueue, AFrameForWhichNoRoomCanBeMadeIsDroppedItself) {
  FrameQueue queue{kLimits};
  push(queue, std::string(60, 'a'));
  queue.pin(1);
  EXPECT_EQ(push(queue, std::string(60, 'b')), 1u);
  EXPECT_EQ(waiting(queue), std::string(60, 'a'));
  EXPECT_EQ(push(queue, std::string(101, 'c')), 1u) << "larger than the whole queue";
}

TEST(FrameQueue, WhatIsStaleIsDropped) {
  FrameQueue queue{kLimits};
  push(queue, "old", kNow);
  push(queue, "young", kNow + milliseconds{400});
  EXPECT_EQ(queue.drop_stale(kNow + milliseconds{500}), 0u);
  EXPECT_EQ(queue.drop_stale(kNow + milliseconds{501}), 1u);
  EXPECT_EQ(waiting(queue), "young");
}

TEST(FrameQueue, TheRestOfAStaleFrameThatHasBegunToLeaveStays) {
  FrameQueue queue{kLimits};
  push(queue, "abcd", kNow);
  push(queue, "efgh", kNow);
  queue.consume(2);
  EXPECT_EQ(queue.drop_stale(kNow + milliseconds{600}), 1u);
  EXPECT_EQ(waiting(queue), "cd");
}

/// Against a model that says the same in the plainest way, with frames of random sizes.
TEST(FrameQueue, BehavesLikeAListOfFrames) {
  std::mt19937 random{20260101};
  FrameQueue queue{{.bytes = 4000, .age = milliseconds{100}}};
  std::deque<std::string> model;
  bool first_has_begun = false;
  const auto size = [&] {
    std::size_t sum = 0;
    for (const auto& frame : model) sum += frame.size();
    return sum;
  };
  Time now = kNow;
  for (int step = 0; step < 20'000; ++step) {
    if (random() % 3 != 0) {
      const std::string frame(1 + random() % 700, static_cast<char>('a' + step % 26));
      std::size_t dropped = 0;
      while (size() + frame.size() > 4000 && model.size() > (first_has_begun ? 1u : 0u)) {
        model.erase(model.begin() + (first_has_begun ? 1 : 0));
        ++dropped;
      }
      model.push_back(frame);
      ASSERT_EQ(queue.push(now, {}, bytes_of(frame), 0), dropped) << step;
    } else if (!model.empty()) {
      std::size_t left = 1 + random() % size();
      queue.consume(left);
      while (left > 0) {
        const std::size_t taken = std::min(left, model.front().size());
        model.front().erase(0, taken);
        left -= taken;
        first_has_begun = !model.front().empty();
        if (model.front().empty()) model.pop_front();
      }
      if (model.empty()) first_has_begun = false;
    }
    std::string expected;
    for (const auto& frame : model) expected += frame;
    ASSERT_EQ(waiting(queue), expected) << step;
  }
}

}  // namespace
}  // namespace avedge::relay
