#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "signaling-shim/sip/stream_framer.h"

namespace sip = avedge::sip;

namespace {

std::vector<std::string> frames_of(std::string_view stream, std::size_t piece) {
  sip::StreamFramer framer;
  std::vector<std::string> frames;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    framer.feed(stream.substr(at, piece));
    while (true) {
      const auto frame = framer.next();
      if (frame.kind == sip::StreamFramer::Kind::incomplete) break;
      frames.push_back(std::to_string(static_cast<int>(frame.kind)) + std::string{frame.bytes});
      if (frame.kind == sip::StreamFramer::Kind::broken) return frames;
    }
  }
  return frames;
}

}  // namespace

/// The first byte says in what pieces the rest arrives; the pieces must not matter.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view stream{reinterpret_cast<const char*>(data) + 1, size - 1};
  // Above the limit of one message it may be noticed earlier or later that there is no end.
  if (stream.size() > 60'000) return 0;
  if (frames_of(stream, data[0] + 1U) != frames_of(stream, stream.size())) std::abort();
  return 0;
}
