#include <cstdlib>

#include "srtp/sdes_key.h"

// Whatever parses keeps what the type promises.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto key = avedge::srtp::SdesKey::parse({reinterpret_cast<const char*>(data), size});
  if (!key) return 0;
  const auto& keys = key->keys();
  if (keys.empty() || keys.size() > avedge::srtp::kMaxMasterKeys) std::abort();
  if (key->lifetime() == 0 || key->lifetime() > avedge::srtp::kMaxKeyLifetime) std::abort();
  for (const auto& master : keys) {
    if (master.suite() != key->suite()) std::abort();
    if (keys.size() > 1 && master.mki().empty()) std::abort();
  }
  return 0;
}
