#include "edge/log_line.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace avedge::edge {
namespace {

/// Enough for any identifier; a longer value is cut, so that a flood of them cannot fill a disk.
constexpr std::size_t kLongestValue = 512;

bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
  });
}

std::string rendered(const LogField::Value& value, LogFormat format) {
  return std::visit(
      [format](const auto& held) -> std::string {
        using Held = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, std::string_view>) {
          const std::string_view shown = held.substr(0, kLongestValue);
          return format == LogFormat::text && is_plain(shown) ? std::string{shown} : quoted(shown);
        } else {
          return nlohmann::json(held).dump();
        }
      },
      value);
}

}  // namespace

std::string text_log_line(std::string_view event, LogFields fields) {
  std::string line{event};
  for (const LogField& field : fields) {
    line.append(" ").append(field.name).append("=");
    line.append(rendered(field.value, LogFormat::text));
  }
  return line;
}

std::string json_log_line(std::string_view event, LogFields fields) {
  std::string line = "\"event\":" + quoted(event);
  for (const LogField& field : fields) {
    line.append(",").append(quoted(field.name)).append(":");
    line.append(rendered(field.value, LogFormat::json));
  }
  return line;
}

std::string quoted(std::string_view text) {
  constexpr bool kAsciiOnly = true;
  return nlohmann::json(text).dump(-1, ' ', kAsciiOnly, nlohmann::json::error_handler_t::replace);
}

}  // namespace avedge::edge
