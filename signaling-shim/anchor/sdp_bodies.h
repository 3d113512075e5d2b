// The session descriptions inside a SIP body: the body itself, or every application/sdp leaf of its
// MIME tree (RFC 2046 §5.1; OCS-era clients nest multipart/alternative in multipart/mixed).
#pragma once

#include <string_view>
#include <vector>

#include "relay/core/drop_reason.h"

namespace avedge::anchor {

inline constexpr std::size_t kMaxMimeDepth = 3;
inline constexpr std::size_t kMaxMimeParts = 16;

/// A part of a multipart body with a Content-Length, whether it is SDP or contains some.
struct SizedPart {
  std::string_view content;
  std::string_view length;  // the value of its Content-Length
};

/// Views into the body.
struct SdpBodies {
  std::vector<std::string_view> texts;  // in the order of the body
  std::vector<SizedPart> sized;         // every part before the one that contains it
};

/// Without any texts if there is no SDP. A leaf that may be SDP but cannot be read (base64, a
/// missing boundary, too deep a tree) is refused, because it would leak.
/// Fails with sdp_malformed or sdp_unsupported.
[[nodiscard]] Verdict<SdpBodies> find_sdp(std::string_view content_type, std::string_view body);

}  // namespace avedge::anchor
