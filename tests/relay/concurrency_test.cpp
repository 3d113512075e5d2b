// What several threads do at once to the two lock-free structures. Meant for the thread sanitizer.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "relay/core/bandwidth.h"
#include "relay/ports/port_pool.h"
#include "relay/threads/mailbox.h"

namespace avedge::relay {
namespace {

constexpr int kThreads = 8;
constexpr std::uint16_t kFirst = 50000;
constexpr std::size_t kPorts = 1000;

template <class Work>
void on_all_threads(Work work) {
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      while (!go.load()) std::this_thread::yield();
      work(i);
    });
  }
  go = true;
  for (auto& thread : threads) thread.join();
}

/// Who holds each port right now, written by the leasing threads themselves.
class Owners {
 public:
  void take(Port port) { EXPECT_EQ(at(port).exchange(true), false) << port.number(); }
  void give_back(Port port) { EXPECT_EQ(at(port).exchange(false), true) << port.number(); }

 private:
  std::atomic<bool>& at(Port port) { return held_[port.number() - kFirst]; }
  std::array<std::atomic<bool>, kPorts> held_{};
};

TEST(PortPoolConcurrency, NoPortIsHandedOutTwiceAndNoneIsLost) {
  PortPool pool{Port{kFirst}, Port{kFirst + kPorts - 1}};
  Owners owners;
  std::atomic<std::size_t> exhausted{0};
  on_all_threads([&](int) {
    for (int round = 0; round < 20; ++round) {
      // Lease until nothing is left (the threads together exhaust the pool), then free it all.
      std::vector<PortLease> leases;
      while (auto lease = pool.lease_any()) {
        owners.take(lease->port());
        leases.push_back(std::move(*lease));
      }
      ++exhausted;
      for (PortLease& lease : leases) {
        owners.give_back(lease.port());
        lease = PortLease{};
      }
    }
  });
  EXPECT_EQ(exhausted, 20u * kThreads);
  EXPECT_EQ(pool.in_use(), 0u);

  std::vector<PortLease> all;
  while (auto lease = pool.lease_any()) all.push_back(std::move(*lease));
  EXPECT_EQ(all.size(), kPorts);
}

TEST(PortPoolConcurrency, PairsAndSinglesDoNotOverlap) {
  PortPool pool{Port{kFirst}, Port{kFirst + kPorts - 1}};
  Owners owners;
  on_all_threads([&](int thread) {
    for (int round = 0; round < 2000; ++round) {
      if (thread % 2 == 0) {
        if (auto pair = pool.lease_pair()) {
          owners.take(pair->even.port());
          owners.take(pair->odd.port());
          owners.give_back(pair->even.port());
          owners.give_back(pair->odd.port());
        }
      } else if (auto lease = pool.lease_even()) {
        owners.take(lease->port());
        owners.give_back(lease->port());
      }
    }
  });
  EXPECT_EQ(pool.in_use(), 0u);
}

TEST(MailboxConcurrency, EveryOrderArrivesOnceAndInTheOrderOfItsPoster) {
  struct Receiver {
    std::array<int, kThreads> last{};
    int total = 0;
  } receiver;
  constexpr int kOrders = 5000;
  Mailbox<Receiver> mailbox;
  std::atomic<int> posters{kThreads};

  std::thread reader{[&] {
    while (receiver.total < kThreads * kOrders) {
      const bool last_look = posters == 0;
      mailbox.drain(receiver);
      if (last_look) break;
    }
  }};
  on_all_threads([&](int thread) {
    for (int i = 1; i <= kOrders; ++i) {
      mailbox.post([thread, i](Receiver& to) {
        EXPECT_EQ(to.last[thread] + 1, i);
        to.last[thread] = i;
        ++to.total;
      });
    }
    --posters;
  });
  reader.join();
  EXPECT_EQ(receiver.total, kThreads * kOrders);
}

TEST(Mailbox, WhatWasNotCarriedOutIsStillDestroyed) {
  const auto witness = std::make_shared<int>(1);
  {
    Mailbox<int> mailbox;
    mailbox.post([held = witness](int&) { FAIL() << "nobody drained"; });
    EXPECT_EQ(witness.use_count(), 2);
  }
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(SharedBudgetConcurrency, ManyThreadsTakeNoMoreThanThereIs) {
  using std::chrono::milliseconds;
  constexpr std::uint64_t kPacket = 1000;
  SharedBudget budget{Bandwidth{800}};  // a hundred packets a second, and a burst of 200 ms
  const Time start{std::chrono::hours{1}};
  std::atomic<std::uint64_t> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (Time now = start; now < start + milliseconds{10'000}; now += milliseconds{1}) {
        if (budget.take(now, kPacket)) taken.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken.load(), 1020u);
}

}  // namespace
}  // namespace avedge::relay
