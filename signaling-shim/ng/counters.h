// What the ng side counts. One writer (the signalling thread), any reader.
#pragma once

#include <array>

#include "relay/core/counters.h"
#include "signaling-shim/ng/command.h"

namespace avedge::ng {

enum class ReplyKind : std::uint8_t { ok, pong, error, load_limit };
/// As they stand in replies, and in the metric label `result`.
inline constexpr std::array<std::string_view, 4> kReplyLabels{"ok", "pong", "error", "load limit"};

struct Counters {
  /// Requests that were carried out; what is unreadable counts as unknown.
  std::array<Counter, kCommandLabels.size()> requests;
  std::array<Counter, kReplyLabels.size()> replies;
  /// Requests that were answered from memory.
  Counter repeated;
  Drops drops;
  /// TCP, HTTP and WebSocket.
  Gauge connections;

  void count(Command command) { requests[static_cast<std::size_t>(command)].add(); }
  void count(ReplyKind kind) { replies[static_cast<std::size_t>(kind)].add(); }
};

}  // namespace avedge::ng
