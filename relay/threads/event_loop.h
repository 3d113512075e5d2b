// One thread's epoll and its clock: waits until a descriptor is ready, and knows when that was.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "relay/core/clock.h"
#include "relay/sockets/file_descriptor.h"

namespace avedge::relay {

/// That thread's only.
class EventLoop {
 public:
  /// May throw std::system_error: no epoll.
  EventLoop();

  /// Reports events of `fd` from now on, with `tag` as their data.u64. `interest`: of EPOLLIN,
  /// EPOLLOUT, EPOLLRDHUP and EPOLLET; errors and hang-ups are always reported. False if the kernel
  /// cannot watch one more.
  [[nodiscard]] bool watch(int fd, std::uint64_t tag, std::uint32_t interest);
  /// Changes the interest of a watched descriptor.
  void rewatch(int fd, std::uint64_t tag, std::uint32_t interest);
  /// A descriptor that closes, and was never duplicated, is forgotten without this.
  void unwatch(int fd);

  /// Waits for an event, at most until `deadline` and at most a second. The events are valid until
  /// the next call, and none if time ran out.
  [[nodiscard]] std::span<const epoll_event> wait(Time deadline);

  /// When wait() last returned, by CLOCK_MONOTONIC. The reference is valid as long as the loop.
  [[nodiscard]] const Time& now() const { return now_; }
  /// How often wait() has returned, modulo 2^32.
  [[nodiscard]] std::uint32_t wake_ups() const { return wake_ups_; }

 private:
  bool control(int operation, int fd, std::uint64_t tag, std::uint32_t interest);

  FileDescriptor epoll_;
  Time now_;
  std::uint32_t wake_ups_ = 0;
  std::array<epoll_event, 256> events_;
};

}  // namespace avedge::relay
