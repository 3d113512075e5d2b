// `avedge trace`: finds calls in trace files and draws one as a ladder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "signaling-shim/trace/query.h"

namespace avedge::edge {

struct TraceOptions {
  std::vector<std::string> files;
  trace::Query query;  // without its times
  std::string from;    // as parse_query_time() takes them; empty: none
  std::string to;
  bool match_all = false;
  bool messages = false;           // print them as well
  std::optional<std::string> svg;  // draw into this file
};

/// Prints the ladder of the call that is found, or a list where there are several.
int trace_calls(const TraceOptions& options);

}  // namespace avedge::edge
