// The commands of the protocol, by their exact spelling.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace avedge::ng {

enum class Command : std::uint8_t {
  ping,
  offer,
  answer,
  remove,  // "delete"
  query,
  list,
  statistics,
  recording,  // starting, stopping, pausing: known, so that it can be refused with a reason
  unknown
};

/// As they stand in the metric label `command`.
inline constexpr std::array<std::string_view, 9> kCommandLabels{
    "ping", "offer", "answer", "delete", "query", "list", "statistics", "recording", "unknown"};

[[nodiscard]] constexpr Command command_named(std::string_view name) {
  if (name == "start recording" || name == "stop recording" || name == "pause recording") {
    return Command::recording;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(Command::recording); ++i) {
    if (name == kCommandLabels[i]) return static_cast<Command>(i);
  }
  return Command::unknown;
}

}  // namespace avedge::ng
