// A message as a trace file tells of it. All text is somebody else's: escape it before showing it.
#pragma once

#include <string>
#include <string_view>

#include "signaling-shim/trace/message.h"

namespace avedge::trace {

struct Entry {
  WallTime time;
  Direction direction = Direction::incoming;
  std::string peer;       // "ADDRESS:PORT", or whatever name the writer gave it
  std::string local;      // empty if the record does not tell, as servers' records do not
  std::string transport;  // likewise
  std::string start_line;
  std::string fields;  // header fields with their ends
  std::string body;
};

/// What an entry says about its place in a call; nothing that is missing or broken is an error, it
/// is empty. Lives as long as the entry.
struct Facts {
  std::string_view method;  // in a response that of CSeq
  int status = 0;           // 100–699, or 0 for a request
  std::string_view reason;
  std::string_view call_id;
  std::string_view from_uri;
  std::string_view from_tag;
  std::string_view to_uri;
  std::string_view to_tag;
  [[nodiscard]] bool is_request() const { return status == 0; }
};

[[nodiscard]] Facts facts_of(const Entry& entry);

}  // namespace avedge::trace
