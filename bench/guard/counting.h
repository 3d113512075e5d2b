// What counts and what does not: bench/guard/run tells callgrind the names of these functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "relay/sockets/socket_address.h"

namespace avedge::bench::guard {

/// From here on the instructions of all threads count …
void begin_counting();
/// … up to here. Prints a line with the path's name and the number of operations to divide by.
void end_counting(const char* path, std::size_t operations);

struct Datagram {
  int from;  // a socket of the caller's
  relay::SocketAddress to;
  std::vector<std::byte> bytes;
};

/// The load is no part of what is measured. Throws std::system_error.
void send_uncounted(std::span<const Datagram> datagrams);

}  // namespace avedge::bench::guard
