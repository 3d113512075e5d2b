// What makes a repeated request recognisable, whatever its dialect.
#pragma once

#include <algorithm>
#include <array>

#include "relay/core/bytes.h"

namespace avedge::turn {

/// A transaction id: of RFC 8489 (12 bytes), or longer ones of other dialects.
class RequestId {
 public:
  static constexpr std::size_t kMaxSize = 16;

  RequestId() = default;
  /// At most kMaxSize bytes.
  explicit RequestId(ConstBytes bytes) { std::copy(bytes.begin(), bytes.end(), bytes_.begin()); }
  friend bool operator==(const RequestId&, const RequestId&) = default;

 private:
  std::array<std::byte, kMaxSize> bytes_{};
};

}  // namespace avedge::turn
