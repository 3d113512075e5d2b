// Any bytes as the stream of a TCP client: whatever the framer cuts lies inside them, moves on, and
// does not depend on how the stream was cut into segments.
#include <cstdlib>

#include "relay/stream/message_framer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avedge;
  ConstBytes stream{reinterpret_cast<const std::byte*>(data), size};
  while (!stream.empty()) {
    const auto message = relay::first_message(stream, relay::kLongestClientMessage);
    if (!message || !*message) break;
    const relay::FramedMessage found = **message;
    if (found.occupied > stream.size() || found.size > found.occupied || found.occupied == 0)
      abort();
    const auto exact = relay::first_message(stream.first(found.occupied), found.size);
    if (!exact || !*exact || (*exact)->size != found.size) abort();
    const auto short_of_one =
        relay::first_message(stream.first(found.occupied - 1), relay::kLongestClientMessage);
    if (short_of_one && *short_of_one) abort();
    stream = stream.subspan(found.occupied);
  }
  return 0;
}
