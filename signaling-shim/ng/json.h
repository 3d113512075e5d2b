// The ng protocol's other encoding: one JSON object (RFC 8259).
#pragma once

#include "relay/core/drop_reason.h"
#include "signaling-shim/ng/value.h"

namespace avedge::ng::json {

/// One object that fills `bytes` to the end, white space aside. true and false become 1 and 0, null
/// an empty text; fractions, which no key of the protocol has, are refused.
/// Fails with ng_malformed, also above the limits of value.h.
[[nodiscard]] Verdict<Value> decode(std::string_view bytes);

/// Bytes that are no UTF-8, which JSON cannot carry, become U+FFFD.
[[nodiscard]] std::string encode(const Value& value);

}  // namespace avedge::ng::json
