// Structured logs: an event and its fields, as text or as one JSON object a line, on stderr for
// the journal. Written by a thread of its own from a bounded queue that drops its oldest lines
// when it is full, so that no caller ever waits for a terminal or a disk.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string_view>
#include <variant>

#include "edge/config.h"

namespace avedge::edge {

/// A name of our own and an untrusted value: it is escaped, never interpreted.
struct LogField {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  std::string_view name;
  Value value;

  LogField(std::string_view field, std::string_view text) : name{field}, value{text} {}
  LogField(std::string_view field, const char* text) : name{field}, value{std::string_view{text}} {}
  LogField(std::string_view field, const std::string& text)
      : name{field}, value{std::string_view{text}} {}
  LogField(std::string_view field, double number) : name{field}, value{number} {}
  LogField(std::string_view field, bool truth) : name{field}, value{truth} {}
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) LogField(std::string_view field, Number number)
      : name{field} {
    if constexpr (std::signed_integral<Number>) {
      value = std::int64_t{number};
    } else {
      value = std::uint64_t{number};
    }
  }
};

using LogFields = std::initializer_list<LogField>;

/// Opens the log for the whole process, and writes out what is queued when it ends. One at a time,
/// made before the threads that log and destroyed after them.
class LogSession {
 public:
  /// `out` outlives the session.
  explicit LogSession(const LogConfig& config, std::FILE* out = stderr);
  ~LogSession();
  LogSession(const LogSession&) = delete;
  LogSession& operator=(const LogSession&) = delete;
};

// Any thread; without a session they do nothing. Values are copied before the call returns.

void log_debug(std::string_view event, LogFields fields = {});
void log_event(std::string_view event, LogFields fields = {});
void log_warning(std::string_view event, LogFields fields = {});
void log_error(std::string_view event, LogFields fields = {});

/// For a reload. The format stays what it was.
void set_log_level(LogLevel level);

/// Lines that were dropped because the queue was full.
std::uint64_t lost_log_lines();

}  // namespace avedge::edge
