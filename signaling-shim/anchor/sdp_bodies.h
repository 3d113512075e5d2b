// The session descriptions inside a SIP body: the body itself, or every application/sdp leaf of its
// MIME tree (RFC 2046 §5.1; OCS-era clients nest multipart/alternative in multipart/mixed).
#pragma once

#include <string_view>
#include <vector>

#include "relay/core/drop_reason.h"

namespace avedge::anchor {

inline constexpr std::size_t kMaxMimeDepth = 3;
inline constexpr std::size_t kMaxMimeParts = 16;

/// Views into the body.
struct SdpBody {
  std::string_view text;
  /// The digits of the part's own Content-Length; empty if it has none.
  std::string_view content_length;
};

/// In the order of the body; empty if there is none. A leaf that may be SDP but cannot be read
/// (base64, a missing boundary, too deep a tree) is refused, because it would leak.
/// Fails with sdp_malformed or sdp_unsupported.
[[nodiscard]] Verdict<std::vector<SdpBody>> find_sdp(std::string_view content_type,
                                                     std::string_view body);

}  // namespace avedge::anchor
