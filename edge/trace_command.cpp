#include "edge/trace_command.h"

#include <fstream>
#include <iomanip>
#include <iostream>

#include "edge/exit_code.h"
#include "edge/trace/trace_files.h"
#include "signaling-shim/trace/ladder.h"
#include "signaling-shim/trace/ladder_svg.h"
#include "signaling-shim/trace/ladder_text.h"
#include "signaling-shim/trace/message_parts.h"

namespace avedge::edge {
namespace {

int complain(int code, const std::string& message) {
  std::cerr << message << "\n";
  return code;
}

Result<std::optional<trace::WallTime>> read_time(const char* option, const std::string& text) {
  if (text.empty()) return std::optional<trace::WallTime>{};
  const auto time = trace::parse_query_time(text);
  if (time) return time;
  return Error{std::string{option} + ": '" + text +
               "' is not a valid time; use one like 2026-11-21T06:30 (UTC), and --uri for a party"};
}

Result<trace::Query> query_of(const TraceOptions& options) {
  trace::Query query = options.query;
  query.match = options.match_all ? trace::Query::Match::all : trace::Query::Match::any;
  const auto from = read_time("--from", options.from);
  if (!from) return from.reason();
  const auto to = read_time("--to", options.to);
  if (!to) return to.reason();
  query.from = *from;
  query.to = *to;
  return query;
}

void print_list(const std::vector<CallSummary>& calls) {
  const auto cell = [](const std::string& text, std::size_t width) {
    std::cout << std::left << std::setw(static_cast<int>(width) + 2)
              << trace::shortened(text, width);
  };
  cell("begin (UTC)", 23);
  cell("messages", 8);
  cell("outcome", 20);
  cell("from", 32);
  cell("to", 32);
  std::cout << "Call-ID\n";
  for (const CallSummary& call : calls) {
    cell(trace::date_of(call.begin) + ' ' + trace::time_of_day(call.begin), 23);
    cell(std::to_string(call.messages), 8);
    cell(call.outcome, 20);
    cell(call.from, 32);
    cell(call.to, 32);
    std::cout << trace::printable(call.call_id) << "\n";
  }
}

/// Lines as they are, but with nothing in them that a terminal would obey.
void print_text(std::string_view text) {
  while (!text.empty()) std::cout << trace::printable(trace::take_line(text)) << "\n";
}

void print_messages(const std::vector<trace::Entry>& entries) {
  for (const trace::Entry& entry : entries) {
    const bool incoming = entry.direction == trace::Direction::incoming;
    std::cout << "\n--- " << trace::date_of(entry.time) << ' ' << trace::time_of_day(entry.time)
              << (incoming ? " from " : " to ") << trace::printable(entry.peer) << "\n";
    print_text(entry.start_line);
    print_text(entry.fields);
    if (!entry.body.empty()) std::cout << "\n";
    print_text(entry.body);
  }
}

Result<void> write_svg(const std::string& path, const trace::Ladder& ladder) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file << trace::ladder_as_svg(ladder);
  file.close();
  if (!file) return Error::from_errno("cannot write '" + path + "'");
  return {};
}

int draw(TraceFiles& files, const std::string& call_id, const TraceOptions& options) {
  const auto entries = files.messages_of(call_id);
  if (!entries) return complain(kExitFailure, entries.reason().message());
  const trace::Ladder ladder = trace::lay_out(*entries);
  std::cout << trace::ladder_as_text(ladder);
  if (options.messages) print_messages(*entries);
  if (entries->size() == TraceFiles::kMostMessages) {
    std::cerr << "only the first " << entries->size() << " messages are shown\n";
  }
  if (!options.svg) return kExitSuccess;
  const auto written = write_svg(*options.svg, ladder);
  return written ? kExitSuccess : complain(kExitFailure, written.reason().message());
}

int list(TraceFiles& files, const TraceFiles::CallIds& calls, const TraceOptions& options) {
  const auto summaries = files.summarise(calls);
  if (!summaries) return complain(kExitFailure, summaries.reason().message());
  print_list(*summaries);
  if (calls.size() == TraceFiles::kMostCalls) {
    std::cerr << "only the first " << calls.size() << " calls are listed\n";
  }
  if (!options.svg && !options.messages) return kExitSuccess;
  return complain(kExitUsage, "these are " + std::to_string(calls.size()) +
                                  " calls; choose one with --call-id");
}

}  // namespace

int trace_calls(const TraceOptions& options) {
  const auto query = query_of(options);
  if (!query) return complain(kExitUsage, query.reason().message());
  TraceFiles files{options.files};
  const auto calls = files.find(*query);
  if (!calls) return complain(kExitFailure, calls.reason().message());
  if (files.damaged() > 0) {
    std::cerr << "records that cannot be read: " << files.damaged() << "\n";
  }
  if (calls->empty()) return complain(kExitFailure, "no call matches");
  return calls->size() == 1 ? draw(files, *calls->begin(), options) : list(files, *calls, options);
}

}  // namespace avedge::edge
