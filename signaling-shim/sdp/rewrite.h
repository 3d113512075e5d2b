// Puts the edge in the place of the party that wrote a session description. Only the bytes that
// name addresses and ports change; keys, codecs, ICE credentials and everything unknown pass.
#pragma once

#include <string>

#include "signaling-shim/sdp/view.h"
#include "signaling-shim/text/edit_list.h"

namespace avedge::sdp {

/// The edge's ports for one m= section, as they are called in SDP.
struct EdgePorts {
  Endpoint rtp;
  Endpoint rtcp;
};

/// Where the receiver of the description takes media itself, in its own words.
struct ReceiverPorts {
  std::optional<Endpoint> rtp;
  std::optional<Endpoint> rtcp;
  /// The edge's ports that the sender knows in their place.
  std::optional<EdgePorts> as_seen;
};

enum class Candidates : std::uint8_t {
  replaced,  // by the edge: nothing else is left
  kept       // and the edge stands beside them, as a relay
};

/// What the far side is to see.
struct FarView {
  Candidates candidates = Candidates::replaced;
  /// By m= section. Every relayed section needs ports; those of other sections are ignored.
  std::vector<std::optional<EdgePorts>> media;
  /// The edge's address for o= and the session's c=. Nothing: they stay as they are, which is right
  /// only if no section was ever relayed.
  std::optional<IpAddress> address;
  /// By m= section, to translate a=remote-candidates: the sender names the edge's ports, the
  /// receiver must find its own. What is not known is taken out; where candidates are kept, the
  /// sender may also name the receiver's own ones, which stay.
  std::vector<ReceiverPorts> receiver;
};

/// Appends the edits; `edits` is a list over `view.text()` or over a text that contains it.
///   o=            address
///   c=            of every relayed section and of the session; never 0.0.0.0 and ::, which say
///                 "held" and not a place
///   m=            port, a range of ports becomes the one that is relayed; sections that are
///                 rejected or not over UDP keep theirs, and their c=
///   a=rtcp        port and address, written where RTCP is not RTP + 1 (RFC 3605)
///   a=candidate   replaced by one host candidate for each component, where the first stood;
///                 or kept, with a relay behind the last. ICE-06 keys checks by the candidate:
///                 there the edge takes the place of the party's default one
///   a=remote-candidates   translated
void rewrite(const View& view, const FarView& far, text::EditList& edits);

/// The same for a description that stands alone.
[[nodiscard]] std::string rewrite(const View& view, const FarView& far);

}  // namespace avedge::sdp
