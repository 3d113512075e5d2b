// Orders from other threads to a worker: posted from anywhere, carried out on the worker's thread
// in the order of each poster.
#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "relay/core/cache_line.h"
#include "relay/sockets/file_descriptor.h"

namespace avedge::relay {

/// `Receiver` is what the orders act on. Posting never blocks and never waits for the worker.
template <class Receiver>
class Mailbox {
 public:
  Mailbox() : wake_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() { drain_into(nullptr); }

  /// Becomes readable when there is something to drain(). Watch it with epoll.
  [[nodiscard]] int wake_fd() const { return wake_.get(); }

  /// `order` is a callable of (Receiver&), move-only allowed. Any thread.
  template <class Callable>
  void post(Callable callable) {
    auto* task = new TaskOf<Callable>{std::move(callable)};
    Task* head = head_.load(std::memory_order_relaxed);
    do {
      task->next = head;
    } while (!head_.compare_exchange_weak(head, task, std::memory_order_release,
                                          std::memory_order_relaxed));
    // The thread that finds the box empty wakes the worker, which runs the others' tasks too.
    if (head == nullptr) {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
    }
  }

  /// Carries out everything posted so far. The worker's thread only.
  void drain(Receiver& receiver) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(wake_.get(), &count, sizeof count);
    drain_into(&receiver);
  }

 private:
  struct Task {
    virtual ~Task() = default;
    virtual void carry_out(Receiver& receiver) = 0;
    Task* next = nullptr;
  };
  template <class Callable>
  struct TaskOf final : Task {
    explicit TaskOf(Callable given) : callable{std::move(given)} {}
    void carry_out(Receiver& receiver) override { callable(receiver); }
    Callable callable;
  };

  void drain_into(Receiver* receiver) {
    Task* newest = head_.exchange(nullptr, std::memory_order_acquire);
    Task* oldest = nullptr;
    while (newest != nullptr) {  // the stack holds the newest first
      oldest = std::exchange(newest, std::exchange(newest->next, oldest));
    }
    while (oldest != nullptr) {
      const std::unique_ptr<Task> task{oldest};
      oldest = oldest->next;
      if (receiver != nullptr) task->carry_out(*receiver);
    }
  }

  FileDescriptor wake_;
  // Posters write it: not on a line that the receiver needs between its packets.
  alignas(kCacheLine) std::atomic<Task*> head_{nullptr};
};

}  // namespace avedge::relay
