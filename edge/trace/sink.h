// Where the trace's messages end up.
#pragma once

#include <cstdint>
#include <string_view>

#include "relay/core/result.h"
#include "signaling-shim/trace/message.h"

namespace avedge::edge {

enum class SinkKind : std::uint8_t { file, collector };
inline constexpr std::size_t kSinkKindCount = 2;

/// Used by one thread, which it may keep waiting.
class Sink {
 public:
  virtual ~Sink() = default;
  [[nodiscard]] virtual SinkKind kind() const = 0;
  [[nodiscard]] virtual Result<void> write(const trace::Message& message) = 0;
};

}  // namespace avedge::edge
