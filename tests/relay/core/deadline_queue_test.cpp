#include "relay/core/deadline_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace avedge {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{};

TEST(DeadlineQueue, EarliestFirst) {
  DeadlineQueue queue;
  queue.set(0, kStart + 30s);
  queue.set(1, kStart + 10s);
  queue.set(2, kStart + 20s);
  EXPECT_EQ(queue.next(), kStart + 10s);
  EXPECT_FALSE(queue.pop_due(kStart + 9s));
  EXPECT_EQ(queue.pop_due(kStart + 10s), 1u);
  EXPECT_EQ(queue.pop_due(kStart + 60s), 2u);
  EXPECT_EQ(queue.pop_due(kStart + 60s), 0u);
  EXPECT_FALSE(queue.pop_due(kStart + 60s));
  EXPECT_EQ(queue.next(), kNever);
}

TEST(DeadlineQueue, MovingKeepsOneEntry) {
  DeadlineQueue queue;
  for (int i = 0; i < 1000; ++i) queue.set(7, kStart + std::chrono::seconds{i * 31 % 1000});
  EXPECT_EQ(queue.size(), 1u);
  queue.set(7, kNever);
  EXPECT_EQ(queue.size(), 0u);
  queue.remove(7);
  queue.remove(12345);
}

TEST(DeadlineQueue, AgreesWithASortedMapWhateverHappens) {
  std::mt19937 random{42};
  DeadlineQueue queue;
  std::map<DeadlineQueue::Index, Time> model;
  Time now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    const auto index = static_cast<DeadlineQueue::Index>(random() % 300);
    switch (random() % 4) {
      case 0:
      case 1: {
        const Time deadline = now + std::chrono::seconds{random() % 500};
        queue.set(index, deadline);
        model[index] = deadline;
        break;
      }
      case 2:
        queue.remove(index);
        model.erase(index);
        break;
      default:
        now += 1s;
        while (const auto due = queue.pop_due(now)) {
          ASSERT_TRUE(model.contains(*due));
          ASSERT_LE(model[*due], now);
          model.erase(*due);
        }
        for (const auto& [left, deadline] : model) ASSERT_GT(deadline, now) << left;
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

}  // namespace
}  // namespace avedge
