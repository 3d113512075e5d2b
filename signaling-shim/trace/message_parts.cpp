#include "signaling-shim/trace/message_parts.h"

#include <algorithm>

namespace avedge::trace {
namespace {

using text::same_letter;

bool is_fold(std::string_view rest) {
  return !rest.empty() && (rest.front() == ' ' || rest.front() == '\t');
}

}  // namespace

MessageParts split_message(std::string_view message) {
  const std::size_t first = message.find_first_not_of("\r\n");
  message.remove_prefix(std::min(first, message.size()));
  MessageParts parts;
  parts.start_line = take_line(message);
  const char* const fields = message.data();
  while (!message.empty()) {
    const char* const line = message.data();
    if (take_line(message).empty()) {
      parts.fields = {fields, static_cast<std::size_t>(line - fields)};
      parts.body = message;
      return parts;
    }
  }
  parts.fields = {fields, static_cast<std::size_t>(message.data() - fields)};
  return parts;
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Field take_field(std::string_view& rest) {
  const char* const begin = rest.data();
  std::string_view last = take_line(rest);
  while (is_fold(rest)) last = take_line(rest);
  Field field;
  field.line = {begin, static_cast<std::size_t>(last.data() + last.size() - begin)};
  const std::size_t colon = field.line.find(':');
  if (colon == std::string_view::npos) return field;
  field.name = trimmed(field.line.substr(0, colon));
  field.value = trimmed(field.line.substr(colon + 1));
  return field;
}

std::optional<std::string_view> find_field(std::string_view fields, std::string_view name,
                                           char compact) {
  while (!fields.empty()) {
    const Field field = take_field(fields);
    const bool is_compact = field.name.size() == 1 && same_letter(field.name.front(), compact);
    if (is_compact || text::equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

bool begins_with(std::string_view text, std::string_view prefix) {
  return text::equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::size_t find_text(std::string_view text, std::string_view wanted, std::size_t from) {
  const auto start = text.begin() + static_cast<std::ptrdiff_t>(std::min(from, text.size()));
  const auto found = std::search(start, text.end(), wanted.begin(), wanted.end(), same_letter);
  if (found == text.end() && !wanted.empty()) return std::string_view::npos;
  return static_cast<std::size_t>(found - text.begin());
}

}  // namespace avedge::trace
