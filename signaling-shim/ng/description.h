// What a request may ask to be changed in a description besides its addresses and ports.
#pragma once

#include <string>
#include <vector>

#include "signaling-shim/ng/failure.h"
#include "signaling-shim/ng/options.h"
#include "signaling-shim/sdp/view.h"

namespace avedge::ng {

/// The protocols of the m= lines ("RTP/AVP"), in their order.
using Protocols = std::vector<std::string>;
[[nodiscard]] Protocols protocols_of(const sdp::View& view);

/// Those that the receiver of an offer is to see: `wanted` in place of what only differs from it in
/// feedback (RFC 4585). Fails if it differs in keying, because then media would have to be
/// decrypted. Empty `wanted`: as they are.
[[nodiscard]] Outcome<Protocols> offered_protocols(Protocols protocols, std::string_view wanted);

/// Whether `a` and `b` key media alike, so that one may stand for the other.
[[nodiscard]] bool keys_alike(std::string_view a, std::string_view b);

/// The session attribute by which an edge knows a description that it has been through already.
[[nodiscard]] std::string loop_mark(std::string_view instance);
[[nodiscard]] bool has_line(std::string_view sdp, std::string_view line);

struct SdpPostProcessing {
  /// By m= line; each takes the place of a protocol that keys alike.
  Protocols protocols;
  bool removes_ice = false;
  bool removes_rtcp_mux = false;
  /// A line of the session that is added in front of the first m= line; empty: none.
  std::string mark;
};

/// `sdp`, which names the edge by now, with the processing. As it is if it cannot be read.
[[nodiscard]] std::string post_processed(std::string sdp, const SdpPostProcessing& processing);

}  // namespace avedge::ng
