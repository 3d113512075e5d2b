// Whether a datagram is what the SDP says about a line: what does not fit never makes its sender
// the party.
#pragma once

#include "relay/core/media_path.h"

namespace avedge::latching {

/// RTP: version 2 and a payload type of the line. RTCP: version 2 and a packet type of RFC 5761 §4.
/// With DTLS-SRTP also DTLS records. Of any other line: every datagram.
[[nodiscard]] bool fits(const LinePayload& line, ConstBytes datagram);

}  // namespace avedge::latching
