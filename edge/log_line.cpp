#include "edge/log_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

namespace avedge::edge {
namespace {

/// Enough for any identifier; a longer value is cut, so that a flood of them cannot fill a disk.
constexpr std::size_t kLongestValue = 512;
constexpr std::size_t kUsualLine = 256;

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
}

/// What text lines show without quotation marks.
bool is_word(std::string_view text) {
  return !text.empty() && is_printable(text) && text.find_first_of(" =") == std::string_view::npos;
}

void append_quoted(std::string& line, std::string_view text) {
  if (is_printable(text)) {
    line.append("\"").append(text).append("\"");
    return;
  }
  constexpr bool kAsciiOnly = true;
  line.append(
      nlohmann::json(text).dump(-1, ' ', kAsciiOnly, nlohmann::json::error_handler_t::replace));
}

void append_number(std::string& line, auto number) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  line.append(digits.data(), end);
}

void append_value(std::string& line, const LogField::Value& value, LogFormat format) {
  std::visit(
      [&](const auto& held) {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::string_view>) {
          const std::string_view shown = held.substr(0, kLongestValue);
          format == LogFormat::text&& is_word(shown) ? static_cast<void>(line.append(shown))
                                                     : append_quoted(line, shown);
        } else if constexpr (std::is_same_v<Held, bool>) {
          line.append(held ? "true" : "false");
        } else {
          append_number(line, held);
        }
      },
      value);
}

}  // namespace

std::string text_log_line(std::string_view event, LogFields fields) {
  std::string line;
  line.reserve(kUsualLine);
  line.append(event);
  for (const LogField& field : fields) {
    line.append(" ").append(field.name).append("=");
    append_value(line, field.value, LogFormat::text);
  }
  return line;
}

std::string json_log_line(std::string_view event, LogFields fields) {
  std::string line;
  line.reserve(kUsualLine);
  line.append("\"event\":");
  append_quoted(line, event);
  for (const LogField& field : fields) {
    line.append(",");
    append_quoted(line, field.name);
    line.append(":");
    append_value(line, field.value, LogFormat::json);
  }
  return line;
}

std::string quoted(std::string_view text) {
  std::string line;
  append_quoted(line, text);
  return line;
}

}  // namespace avedge::edge
