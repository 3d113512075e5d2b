// The unit that a core fetches, and invalidates in other cores when it writes.
#pragma once

#include <cstddef>

namespace avedge {

/// Whatever one worker writes for every packet stands on lines that no other thread writes or reads
/// as often: a line that two cores want goes back and forth between them, once a packet. x86-64,
/// and nearly every ARM; the standard's own constant differs from compiler flag to compiler flag.
inline constexpr std::size_t kCacheLine = 64;

}  // namespace avedge
