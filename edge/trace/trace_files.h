// Trace files as a whole: what calls are in them, and what belongs to one of those. Files are read
// anew for each question, so that memory follows what was asked for and not what they hold.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "relay/core/result.h"
#include "signaling-shim/trace/query.h"

namespace avedge::edge {

struct CallSummary {
  std::string call_id;
  trace::WallTime begin;
  std::string from;  // URIs, as the first message has them
  std::string to;
  std::string outcome;  // "200 OK": the latest final answer to the method that began it
  std::size_t messages = 0;
};

class TraceFiles {
 public:
  using CallIds = std::set<std::string, std::less<>>;

  /// More calls than this are not listed, and longer names of one not taken for such.
  static constexpr std::size_t kMostCalls = 10'000;
  static constexpr std::size_t kLongestCallId = 1024;
  /// A call of more messages, or of more bytes, is cut off there.
  static constexpr std::size_t kMostMessages = 5'000;
  static constexpr std::size_t kMostBytes = 64 * 1024 * 1024;

  explicit TraceFiles(std::vector<std::string> paths) : paths_{std::move(paths)} {}

  /// The calls that have a message which matches, the first kMostCalls of them.
  [[nodiscard]] Result<CallIds> find(const trace::Query& query);
  /// In the order in which they began.
  [[nodiscard]] Result<std::vector<CallSummary>> summarise(const CallIds& calls);
  /// All messages of a call, in order of time.
  [[nodiscard]] Result<std::vector<trace::Entry>> messages_of(std::string_view call_id);

  /// Records that could not be read, in the latest pass over the files.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
  /// Calls visit(entry, its facts) for every message of a call, until it returns false.
  using Visit = std::function<bool(trace::Entry&, const trace::Facts&)>;
  [[nodiscard]] Result<void> for_each(const Visit& visit);

  std::vector<std::string> paths_;
  std::uint64_t damaged_ = 0;
};

}  // namespace avedge::edge
