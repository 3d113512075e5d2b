#include <cstdint>
#include <cstdlib>

#include "signaling-shim/anchor/sdp_bodies.h"

namespace anchor = avedge::anchor;

// The first line is the Content-Type, the rest the body. What is found lies inside the body, in
// order and without overlap.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string_view body = input.substr(line + 1);
  const auto found = anchor::find_sdp(input.substr(0, line), body);
  if (!found) return 0;
  const char* behind = body.data();
  for (const std::string_view text : found->texts) {
    if (text.data() < behind) std::abort();
    behind = text.data() + text.size();
    if (behind > body.data() + body.size()) std::abort();
  }
  for (const anchor::SizedPart& part : found->sized) {
    if (part.length.data() < body.data() || part.length.empty()) std::abort();
    if (part.content.data() < part.length.data() + part.length.size()) std::abort();
  }
  return 0;
}
