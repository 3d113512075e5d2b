// Bencode, as BitTorrent invented it and the ng protocol speaks it: "<length>:<bytes>", "i<n>e",
// "l…e", "d…e". Keys may stand in any order.
#pragma once

#include "relay/core/drop_reason.h"
#include "signaling-shim/ng/value.h"

namespace avedge::ng::bencode {

/// One dictionary that fills `bytes` to the end. Lengths are checked against what is there; numbers
/// have one spelling. Fails with ng_malformed, also above the limits of value.h.
[[nodiscard]] Verdict<Value> decode(std::string_view bytes);

/// Entries in the order they have.
[[nodiscard]] std::string encode(const Value& value);

}  // namespace avedge::ng::bencode
