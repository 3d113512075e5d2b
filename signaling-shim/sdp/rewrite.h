// Puts the edge in the place of the party that wrote a session description. Only the bytes that
// name addresses and ports change; keys, codecs, ICE credentials and everything unknown pass.
#pragma once

#include <string>

#include "ice/candidate/stream_candidate.h"
#include "signaling-shim/sdp/view.h"
#include "signaling-shim/text/edit_list.h"

namespace avedge::sdp {

/// The edge's ports for the two components of an m= section. What is no RTP uses the first; over
/// TCP both components may have the same one.
struct EdgePorts {
  Endpoint rtp;
  Endpoint rtcp;
};

/// As they are called in SDP.
struct SectionPorts {
  std::optional<EdgePorts> datagrams;
  /// For candidates over TCP and for m= lines over TCP; nothing: candidates over TCP go.
  std::optional<EdgePorts> streams;
  /// Set where the sender has no TCP and the edge accepts connections in its place: how the
  /// receiver writes candidates over TCP.
  std::optional<candidate::StreamGrammar> accepts_for_sender;
  /// The receiver has the section over the other carrier: "TCP/RTP/AVP" is shown as "RTP/AVP", with
  /// the ports for datagrams, and the other way round.
  bool converts_line = false;

  /// What the m= line is to show, of a section that is over TCP or not.
  [[nodiscard]] const std::optional<EdgePorts>& of_line(bool is_over_tcp) const {
    return is_over_tcp != converts_line ? streams : datagrams;
  }
};

/// Where the receiver of the description takes media itself, in its own words.
struct ReceiverEndpoints {
  std::optional<Endpoint> rtp;
  std::optional<Endpoint> rtcp;
  std::optional<Endpoint> stream;  // over TCP
  std::optional<Endpoint> stream_rtcp;
  /// The edge's ports that the sender knows in their place.
  SectionPorts ports_known_to_sender;
};

enum class Candidates : std::uint8_t {
  replaced,  // by the edge: nothing else is left
  kept       // and the edge stands beside them, as a relay
};

/// What the far side is to see.
struct RewritePlan {
  Candidates candidates = Candidates::replaced;
  /// By m= section. Every section over UDP that is relayed needs ports for datagrams; a section
  /// over TCP is relayed if it has ports for streams. Those of other sections are ignored.
  std::vector<SectionPorts> media;
  /// The edge's address for o= and the session's c=. Nothing: they stay as they are, which is right
  /// only if no section was ever relayed.
  std::optional<IpAddress> address;
  /// By m= section, to translate a=remote-candidates: the sender names the edge's ports, the
  /// receiver must find its own. What is not known is taken out; where candidates are kept, the
  /// sender may also name the receiver's own ones, which stay.
  std::vector<ReceiverEndpoints> receiver;
};

/// Appends the edits; `edits` is a list over `view.text()` or over a text that contains it.
///   o=            address
///   c=            of every relayed section and of the session; never 0.0.0.0 and ::, which say
///                 "held" and not a place
///   m=            port, a range of ports becomes the one that is relayed; sections that are
///                 rejected or not relayed keep theirs, and their c=; protocol where converted
///   a=rtcp        port and address, written where RTCP is not RTP + 1 (RFC 3605)
///   a=candidate   replaced by one host candidate for each component, where the first stood;
///                 or kept, with a relay behind the last. The same over TCP, where there is one
///                 that accepts and one that connects. ICE-06 keys checks by the candidate:
///                 there the edge takes the place of the party's default one
///   a=remote-candidates   translated
void rewrite(const View& view, const RewritePlan& plan, text::EditList& edits);

/// The same for a description that stands alone.
[[nodiscard]] std::string rewrite(const View& view, const RewritePlan& plan);

}  // namespace avedge::sdp
