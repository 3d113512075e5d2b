#include "relay/threads/event_loop.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace avedge::relay {
namespace {

constexpr std::chrono::milliseconds kLongestWait{1000};

/// For epoll_wait(), which takes milliseconds: rounded up, so that a deadline has passed when the
/// wait for it ends.
int milliseconds_until(Time deadline) {
  const Time now = std::chrono::steady_clock::now();
  if (deadline >= now + kLongestWait) return static_cast<int>(kLongestWait.count());
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(deadline - now);
  return static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
}

}  // namespace

EventLoop::EventLoop()
    : epoll_{epoll_create1(EPOLL_CLOEXEC)}, now_{std::chrono::steady_clock::now()} {
  if (!epoll_.is_open()) throw std::system_error{errno, std::generic_category(), "epoll"};
}

bool EventLoop::watch(int fd, std::uint64_t tag, std::uint32_t interest) {
  return control(EPOLL_CTL_ADD, fd, tag, interest);
}

void EventLoop::rewatch(int fd, std::uint64_t tag, std::uint32_t interest) {
  control(EPOLL_CTL_MOD, fd, tag, interest);
}

void EventLoop::unwatch(int fd) {
  control(EPOLL_CTL_DEL, fd, 0, 0);
}

std::span<const epoll_event> EventLoop::wait(Time deadline) {
  const int ready = epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                               milliseconds_until(deadline));
  now_ = std::chrono::steady_clock::now();
  ++wake_ups_;
  return std::span{events_}.first(static_cast<std::size_t>(std::max(ready, 0)));
}

bool EventLoop::control(int operation, int fd, std::uint64_t tag, std::uint32_t interest) {
  epoll_event event{};
  event.events = interest;
  event.data.u64 = tag;
  return epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

}  // namespace avedge::relay
