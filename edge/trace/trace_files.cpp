#include "edge/trace/trace_files.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "signaling-shim/trace/ladder.h"
#include "signaling-shim/trace/record_reader.h"

namespace avedge::edge {
namespace {

constexpr std::size_t kLongestText = 256;

std::size_t size_of(const trace::Entry& entry) {
  return sizeof entry + entry.start_line.size() + entry.fields.size() + entry.body.size();
}

CallSummary summary_of(const trace::Entry& entry, const trace::Facts& facts) {
  return {std::string{facts.call_id},
          entry.time,
          trace::printable(facts.from_uri.substr(0, kLongestText)),
          trace::printable(facts.to_uri.substr(0, kLongestText)),
          {},
          0};
}

}  // namespace

Result<TraceFiles::CallIds> TraceFiles::find(const trace::Query& query) {
  CallIds calls;
  auto read = for_each([&](const trace::Entry& entry, const trace::Facts& facts) {
    if (calls.find(facts.call_id) == calls.end() && query.matches(entry)) {
      calls.emplace(facts.call_id);
    }
    return calls.size() < kMostCalls;
  });
  if (!read) return read.reason();
  return calls;
}

Result<std::vector<CallSummary>> TraceFiles::summarise(const CallIds& calls) {
  struct Progress {
    CallSummary summary;
    std::string method;  // that began the call
  };
  std::map<std::string, Progress, std::less<>> known;
  auto read = for_each([&](const trace::Entry& entry, const trace::Facts& facts) {
    if (calls.find(facts.call_id) == calls.end()) return true;
    auto found = known.find(facts.call_id);
    if (found == known.end()) {
      found =
          known
              .emplace(facts.call_id, Progress{summary_of(entry, facts),
                                               std::string{facts.method.substr(0, kLongestText)}})
              .first;
    }
    Progress& progress = found->second;
    ++progress.summary.messages;
    if (facts.status >= 200 && facts.method == progress.method) {
      progress.summary.outcome = std::to_string(facts.status) + ' ' +
                                 trace::printable(facts.reason.substr(0, kLongestText));
    }
    return true;
  });
  if (!read) return read.reason();
  std::vector<CallSummary> summaries;
  for (auto& [call_id, progress] : known) summaries.push_back(std::move(progress.summary));
  std::stable_sort(summaries.begin(), summaries.end(),
                   [](const auto& a, const auto& b) { return a.begin < b.begin; });
  return summaries;
}

Result<std::vector<trace::Entry>> TraceFiles::messages_of(std::string_view call_id) {
  std::vector<trace::Entry> messages;
  std::size_t bytes = 0;
  auto read = for_each([&](trace::Entry& entry, const trace::Facts& facts) {
    if (facts.call_id != call_id) return true;
    bytes += size_of(entry);
    if (bytes <= kMostBytes) messages.push_back(std::move(entry));
    return bytes <= kMostBytes && messages.size() < kMostMessages;
  });
  if (!read) return read.reason();
  // Files that were rotated come in any order; records within one are in order of their writing.
  std::stable_sort(messages.begin(), messages.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  return messages;
}

Result<void> TraceFiles::for_each(const Visit& visit) {
  damaged_ = 0;
  for (const std::string& path : paths_) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return Error::from_errno("cannot read '" + path + "'");
    trace::RecordReader reader{file};
    try {
      while (auto entry = reader.next()) {
        const trace::Facts facts = trace::facts_of(*entry);
        if (facts.call_id.empty() || facts.call_id.size() > kLongestCallId) continue;
        if (!visit(*entry, facts)) return {};
      }
    } catch (const std::ios_base::failure& failed) {
      return Error{"cannot read '" + path + "': " + failed.what()};
    }
    damaged_ += reader.damaged();
  }
  return {};
}

}  // namespace avedge::edge
