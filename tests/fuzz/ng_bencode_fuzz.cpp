#include <cstdint>
#include <cstdlib>

#include "signaling-shim/ng/bencode.h"
#include "signaling-shim/ng/stream_framer.h"

namespace ng = avedge::ng;

// What can be read is written back to the same value, in a message that the framer of a TCP stream
// cuts at the right place, whether it comes at once or byte by byte.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  ng::StreamFramer hostile;
  hostile.feed(input);
  while (hostile.next().kind == ng::StreamFramer::Kind::message) {
  }

  const auto value = ng::bencode::decode(input);
  if (!value) return 0;
  const std::string written = ng::bencode::encode(*value);
  const auto again = ng::bencode::decode(written);
  if (!again || *again != *value) std::abort();

  const std::string message = ng::Frame::compose("1_2_3", written);
  if (message.size() > ng::kMaxMessage) return 0;
  ng::StreamFramer framer;
  for (const char byte : message) {
    if (framer.next().kind != ng::StreamFramer::Kind::incomplete) std::abort();
    framer.feed({&byte, 1});
  }
  if (framer.next().message != message) std::abort();
  return 0;
}
