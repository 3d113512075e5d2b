// Drives each path of a packet through the edge a known number of times, for bench/guard/run to
// count the instructions of each under callgrind.
//
//   guard_paths OWN-ADDRESS NEIGHBOUR [fan-in]     a way out for frames; with what only root may do
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include "bench/guard/relay_paths.h"
#include "bench/guard/signalling_paths.h"

namespace guard = avedge::bench::guard;

int main(int count, char** words) try {
  if (count < 3) throw std::invalid_argument{"two addresses are needed"};
  const auto own = avedge::IpAddress::parse(words[1]);
  const auto neighbour = avedge::IpAddress::parse(words[2]);
  if (!own || !neighbour) throw std::invalid_argument{"not an address"};

  guard::measure_flow_lookup();
  guard::measure_socket_paths();
  guard::measure_frame_paths({*own, *neighbour});
  if (count > 3 && words[3] == std::string_view{"fan-in"}) guard::measure_fan_in_paths();
  guard::measure_sdp();
  guard::measure_invite();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "guard_paths: %s\n", error.what());
  return 1;
}
