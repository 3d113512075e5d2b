// A trace file: whatever stands in it is read in bounded memory, drawn without a control character,
// and what was read is read again when it is written anew.
#include <cstdint>
#include <cstdlib>
#include <sstream>

#include "signaling-shim/trace/ladder.h"
#include "signaling-shim/trace/ladder_svg.h"
#include "signaling-shim/trace/ladder_text.h"
#include "signaling-shim/trace/query.h"
#include "signaling-shim/trace/record_reader.h"
#include "signaling-shim/trace/record_writer.h"
#include "signaling-shim/trace/secrets.h"

namespace trace = avedge::trace;

namespace {

std::vector<trace::Entry> read_all(const std::string& content) {
  std::istringstream in{content};
  trace::RecordReader reader{in};
  std::vector<trace::Entry> entries;
  while (auto entry = reader.next()) entries.push_back(*std::move(entry));
  return entries;
}

void check_drawing(const std::vector<trace::Entry>& entries) {
  const trace::Ladder ladder = trace::lay_out(entries);
  if (ladder.arrows.size() != entries.size()) std::abort();
  for (const std::string& drawn : {trace::ladder_as_text(ladder), trace::ladder_as_svg(ladder)}) {
    for (const char c : drawn) {
      if (c != '\n' && static_cast<unsigned char>(c) < 0x20) std::abort();
    }
  }
}

/// However hostile a message is, its record is one record, and masking keeps its length.
void check_writing(const trace::Entry& entry) {
  trace::Message message;
  message.text = entry.start_line + "\r\n" + entry.fields + "\r\n" + entry.body;
  const std::size_t size = message.text.size();
  trace::mask_secrets(message.text);
  if (message.text.size() != size) std::abort();
  if (read_all(trace::record_of(message, {}, 1)).size() > 1) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto entries = read_all({reinterpret_cast<const char*>(data), size});
  trace::Query query;
  query.call_ids = query.uris = query.ips = query.phones = query.contents = {"1"};
  query.match = trace::Query::Match::all;
  for (const trace::Entry& entry : entries) {
    (void)query.matches(entry);
    check_writing(entry);
  }
  if (!entries.empty()) check_drawing(entries);
  return 0;
}
