// Any bytes as RFC 4571's stream: whatever is cut lies inside it, moves on, is what its length
// says, and does not depend on how the stream was cut into segments.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "relay/stream/media_framing.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avedge;
  const auto* first = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(first, first + size);
  Bytes stream{bytes};
  while (!stream.empty()) {
    const auto frame = relay::first_frame(stream);
    if (!frame || !*frame) break;
    const std::size_t occupied = relay::kFrameLengthSize + (*frame)->size();
    if (occupied > stream.size() || (*frame)->data() != stream.data() + relay::kFrameLengthSize) {
      abort();
    }
    const auto length = relay::frame_length((*frame)->size());
    if (!std::equal(length.begin(), length.end(), stream.begin())) abort();
    const auto short_of_one = relay::first_frame(stream.first(occupied - 1));
    if (!short_of_one || *short_of_one) abort();
    stream = stream.subspan(occupied);
  }
  return 0;
}
