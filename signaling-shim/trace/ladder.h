// One call as a ladder: who takes part, and what goes from whom to whom, in order. The layout knows
// nothing of how it will be drawn.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "signaling-shim/trace/entry.h"

namespace avedge::trace {

enum class Tone : std::uint8_t { request, provisional, success, redirection, failure };

/// A party, or the edge between them.
struct Column {
  std::string title;  // "192.0.2.10:5060", as first seen
  std::string note;   // "caller", "callee"; of the edge its own addresses
};

struct Arrow {
  WallTime time;
  std::size_t from = 0;  // indexes into columns
  std::size_t to = 0;
  std::string label;  // "INVITE", "180 Ringing", "200 OK (BYE)"
  std::string media;  // media_summary() of its body
  Tone tone = Tone::request;
  bool is_repeated = false;  // a retransmission

  [[nodiscard]] std::string full_label() const { return label + (is_repeated ? " (again)" : ""); }
};

struct Ladder {
  std::string call_id;
  std::string from;  // URI of the caller
  std::string to;
  std::vector<Column> columns;  // callers, the edge, callees
  std::size_t edge = 0;         // index into columns; every arrow begins or ends there
  std::vector<Arrow> arrows;
};

/// `entries` are of one call and in order, and not empty.
[[nodiscard]] Ladder lay_out(std::span<const Entry> entries);

/// Printable ASCII; '?' for anything else. What peers wrote must not command a terminal.
[[nodiscard]] std::string printable(std::string_view text);
/// At most `size` characters, the last three dots if something is missing.
[[nodiscard]] std::string shortened(std::string text, std::size_t size);

/// "06:31:07.123"
[[nodiscard]] std::string time_of_day(WallTime time);
/// "2026-11-21"
[[nodiscard]] std::string date_of(WallTime time);

}  // namespace avedge::trace
