// One Via value (RFC 3261 §20.42).
#pragma once

#include <optional>
#include <string_view>

#include "signaling-shim/sip/uri.h"

namespace avedge::sip {

struct Via {
  std::string_view value;      // the whole value
  std::string_view transport;  // "UDP", "TCP", ...
  HostPort sent_by;
  Parameters parameters;

  /// Lives as long as `value`.
  static std::optional<Via> parse(std::string_view value);
  /// Empty if the sender gave none (RFC 2543).
  [[nodiscard]] std::string_view branch() const { return parameters.value("branch").value_or(""); }
};

}  // namespace avedge::sip
