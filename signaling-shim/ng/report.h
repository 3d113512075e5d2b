// What `query` and `delete` tell about a call, in the reference's layout.
#pragma once

#include "signaling-shim/ng/calls.h"

namespace avedge::ng {

/// created, last signal, SSRC, tags and totals. Figures are those that the workers published last,
/// about a second ago at most; a stream is counted where it comes from.
[[nodiscard]] Value::Dictionary report(const Call& call, const anchor::Sessions& sessions, Time now,
                                       UnixSeconds unix_now);

}  // namespace avedge::ng
