// When a datagram arrived, as the kernel saw it: a receiver that is woken late does not count as
// latency of what is measured.
#pragma once

#include <sys/socket.h>

#include <array>
#include <ctime>

#include "bench/load/probe.h"

namespace avedge::bench {

/// Room for what recvmsg tells beside the datagram.
struct ArrivalControl {
  alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(timespec))> bytes;
};

/// From now on datagrams of that socket come with their time.
void ask_for_arrival_times(int descriptor);

/// By the clock that probes are stamped with; now, if the message does not tell.
[[nodiscard]] Clock::time_point arrival_of(msghdr& message);

}  // namespace avedge::bench
