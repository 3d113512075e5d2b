// Reads trace files in the form of record_form.h, the edge's own and those of Lync and Skype for
// Business servers. Nothing in a file is believed: lines between records, records of other kinds
// and damaged ones are passed over, and memory is bounded whatever stands there.
#pragma once

#include <istream>
#include <optional>
#include <string>

#include "signaling-shim/trace/entry.h"

namespace avedge::trace {

class RecordReader {
 public:
  /// A larger record is damaged: no SIP message is larger than 64 KiB.
  static constexpr std::size_t kLargestRecord = 256 * 1024;

  /// `in` outlives the reader.
  explicit RecordReader(std::istream& in) : in_{*in.rdbuf()} {}

  /// The next SIP message; nothing at the end of the file.
  std::optional<Entry> next();
  /// Records that should have been messages and could not be read.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
  bool next_line();
  bool next_record();
  std::optional<Entry> parse_record();

  std::streambuf& in_;
  std::string line_;    // the latest, with its end, cut at kLargestRecord
  std::string title_;   // the first line of the current record
  std::string record_;  // what stands between its first and its last line
  WallTime time_{};     // of the latest record that had one
  std::uint64_t damaged_ = 0;
};

}  // namespace avedge::trace
