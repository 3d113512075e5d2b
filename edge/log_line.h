// The words of one log line, without its time and level. Whatever a value holds, the line stays
// one line of plain ASCII: control characters, quotes and everything beyond ASCII are escaped, so
// that nobody on the network can forge a line or drive the operator's terminal.
#pragma once

#include <string>
#include <string_view>

#include "edge/log.h"

namespace avedge::edge {

/// `allocation opened user=alice reason="two words"`
std::string text_log_line(std::string_view event, LogFields fields);

/// `"event":"allocation opened","user":"alice"`, the inside of a JSON object.
std::string json_log_line(std::string_view event, LogFields fields);

/// A JSON string with its quotes, ASCII only; bytes that are not UTF-8 become U+FFFD.
std::string quoted(std::string_view text);

}  // namespace avedge::edge
