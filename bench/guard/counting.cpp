#include "bench/guard/counting.h"

#include <cstdio>
#include <system_error>

namespace avedge::bench::guard {

// Each is more than nothing and in a file of its own, so that no compiler does without the call.

[[gnu::noinline]] void begin_counting() {
  std::fflush(stdout);
}

[[gnu::noinline]] void end_counting(const char* path, std::size_t operations) {
  std::printf("%s %zu\n", path, operations);
}

[[gnu::noinline]] void send_uncounted(std::span<const Datagram> datagrams) {
  for (const Datagram& datagram : datagrams) {
    if (sendto(datagram.from, datagram.bytes.data(), datagram.bytes.size(), 0, &datagram.to.any,
               datagram.to.size()) < 0) {
      throw std::system_error{errno, std::generic_category(), "sendto"};
    }
  }
}

}  // namespace avedge::bench::guard
