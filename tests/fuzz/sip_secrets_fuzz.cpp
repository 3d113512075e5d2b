#include <cstdint>
#include <cstdlib>

#include "signaling-shim/trace/hep.h"
#include "signaling-shim/trace/record_writer.h"
#include "signaling-shim/trace/secrets.h"

namespace trace = avedge::trace;

/// Any message: spans in order, apart and within it; what was masked has nothing left to mask but
/// stars.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trace::Message message;
  message.text.assign(reinterpret_cast<const char*>(data), size);
  std::size_t end = 0;
  for (const trace::Span& span : trace::find_secrets(message.text)) {
    if (span.size == 0 || span.at < end || span.at + span.size > size) std::abort();
    end = span.at + span.size;
  }
  trace::mask_secrets(message.text);
  (void)trace::record_of(message, {}, 1);
  if (trace::hep_packet(message, {}).size() > trace::kMaxHepPacket) std::abort();
  return 0;
}
