#include "bench/load/arrival_time.h"

#include <cstring>

namespace avedge::bench {
namespace {

using std::chrono::nanoseconds;

/// The kernel stamps by the clock that people set, probes are stamped by the one that only runs on.
nanoseconds between_clocks() {
  const auto before = Clock::now().time_since_epoch();
  const auto real = std::chrono::system_clock::now().time_since_epoch();
  const auto after = Clock::now().time_since_epoch();
  return nanoseconds{real} - (before + after) / 2;
}

}  // namespace

void ask_for_arrival_times(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

Clock::time_point arrival_of(msghdr& message) {
  static const nanoseconds offset = between_clocks();
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time{};
    std::memcpy(&time, CMSG_DATA(one), sizeof time);
    const nanoseconds real = std::chrono::seconds{time.tv_sec} + nanoseconds{time.tv_nsec};
    return Clock::time_point{real - offset};
  }
  return Clock::now();
}

}  // namespace avedge::bench
