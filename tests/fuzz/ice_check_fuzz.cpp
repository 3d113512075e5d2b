#include <cstdint>
#include <cstdlib>

#include "ice/latching/ice_check.h"

namespace latching = avedge::latching;

// Whatever is taken for a check names somebody, and what it protects lies inside the datagram.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto datagram = std::as_bytes(std::span{data, size});
  const auto check = latching::read_ice_check(datagram);
  if (!check) return 0;
  (void)latching::verifies(*check, {{"a", "secret", "b"}});
  if (!check->legacy) return 0;
  const auto& covered = check->legacy->covered;
  if (covered.data() != datagram.data() || covered.size() > size) std::abort();
  return 0;
}
