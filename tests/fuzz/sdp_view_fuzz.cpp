#include <cstdint>
#include <cstdlib>

#include "signaling-shim/sdp/view.h"

namespace sdp = avedge::sdp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto view = sdp::View::parse(text);
  if (!view) return 0;
  for (const sdp::Media& media : view->media()) {
    // What is relayed must have a place to replace.
    if (media.is_relayed() && view->connection_of(media) == nullptr) std::abort();
    if (media.port_text.data() < text.data()) std::abort();
  }
  return 0;
}
