#include <cstdint>
#include <cstdlib>

#include "signaling-shim/ng/json.h"

namespace ng = avedge::ng;

// What can be read is written back to the same value, unless a key stands there twice: an object
// that is written has each key once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = ng::json::decode({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const auto once = ng::json::decode(ng::json::encode(*value));
  if (!once) std::abort();
  const auto twice = ng::json::decode(ng::json::encode(*once));
  if (!twice || *twice != *once) std::abort();
  return 0;
}
