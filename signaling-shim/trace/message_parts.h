// A SIP message cut into its parts, however broken it is: the trace shows what the proxy refuses,
// so nothing here fails. Lines end with LF, and a CR before it belongs to the end.
#pragma once

#include <optional>
#include <string_view>

#include "relay/core/text.h"

namespace avedge::trace {

/// All of them lie in the message, and live as long as it does.
struct MessageParts {
  std::string_view start_line;  // without its end
  std::string_view fields;      // header fields, with their ends
  std::string_view body;        // what stands behind the first empty line
};

/// Empty lines before the start line belong to no message (RFC 3261 §7.5).
[[nodiscard]] MessageParts split_message(std::string_view message);

/// Takes the first line off `rest`; yields it without its end.
std::string_view take_line(std::string_view& rest);

struct Field {
  std::string_view name;   // as it came; empty if the line has no colon
  std::string_view value;  // without surrounding blanks; folds inside are kept
  std::string_view line;   // all of it, folds included, without its end
};

/// Takes the first field and its folds off `rest`.
Field take_field(std::string_view& rest);

/// The first field of that name, by its long or its compact form ('\0': there is none).
[[nodiscard]] std::optional<std::string_view> find_field(std::string_view fields,
                                                         std::string_view name, char compact);

/// Upper and lower case of ASCII letters are the same in these.
[[nodiscard]] bool begins_with(std::string_view text, std::string_view prefix);
/// Where `wanted` first stands in `text`, at `from` or behind it; npos if nowhere.
[[nodiscard]] std::size_t find_text(std::string_view text, std::string_view wanted,
                                    std::size_t from = 0);
/// Without blanks and line ends on both sides.
[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  return text::trimmed(text, text::kLinearWhiteSpace);
}

}  // namespace avedge::trace
