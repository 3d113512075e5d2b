// Time as the data plane knows it: CLOCK_MONOTONIC, read once per wake-up and passed along.
// Nothing below edge/ reads a clock by itself, so a test is bytes and a time in.
#pragma once

#include <chrono>

namespace avedge {

/// A moment of CLOCK_MONOTONIC, in nanoseconds (the clock of the kernel's bpf_ktime_get_ns).
using Time = std::chrono::steady_clock::time_point;
using Duration = Time::duration;

/// Later than every deadline: "does not expire".
inline constexpr Time kNever = Time::max();

/// Seconds of the civil calendar (Unix time), for credentials that carry an expiry.
using UnixSeconds = std::chrono::seconds;

}  // namespace avedge
