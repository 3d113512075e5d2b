// One m= section of a session description, as far as anchoring cares: where the party receives, how
// its checks are keyed, and which bytes would give its address away.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "ice/candidate/candidate.h"

namespace avedge::sdp {

/// "IP4 192.0.2.1", as it ends o= and c= lines and may end a=rtcp. Views into the text.
struct NetAddress {
  std::string_view type;        // "IP4" or "IP6"
  std::string_view text;        // with "/ttl" if it is a multicast address
  std::optional<IpAddress> ip;  // nothing for a host name

  /// 0.0.0.0 or ::, RFC 3264 §8.4's "do not send": a held stream, not a place.
  [[nodiscard]] bool is_held() const { return ip && ip->is_unspecified(); }
};

/// a=rtcp (RFC 3605).
struct Rtcp {
  std::string_view port_text;
  Port port;
  std::optional<NetAddress> address;
};

/// A line with its line end, and without.
struct Line {
  std::string_view whole;
  std::string_view text;
};

struct CandidateLine {
  Line line;
  std::optional<candidate::Candidate> candidate;  // nothing if it could not be read
};

struct RemoteCandidatesLine {
  Line line;
  std::string_view value;
};

enum class Profile : std::uint8_t {
  rtp,         // RTP and RTCP over UDP, in any profile and with any keying
  datagram,    // anything else over UDP that uses one port: T.38 (udptl), DTLS/SCTP
  framed_rtp,  // RTP over TCP (RFC 4571)
  stream,      // anything else over TCP that uses one connection (RFC 4145): BFCP, T.38
  other        // not relayed: MSRP, whose a=path has addresses of its own; "sip", unknown
};

enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };

struct Media {
  Line line;  // m=
  std::string_view kind;
  std::string_view port_text;  // without "/count"
  /// "/count" of a range of ports that begins here (RFC 8866 §5.14); empty for one port.
  std::string_view port_count;
  std::string_view protocol;
  std::string_view formats;  // the words behind the protocol: of RTP the payload types
  Port port;
  Profile profile = Profile::other;
  Line head;      // m=, or the i= behind it: a c= line belongs right behind this
  Line preamble;  // the last line of m=, i=, c=, b= and k=: attributes belong behind this
  std::vector<NetAddress> connections;  // empty: the session's holds
  std::optional<Rtcp> rtcp;
  std::optional<Direction> direction;
  /// a=bundle-only (RFC 8843 §6): port 0 rejects nothing, the section uses another one's port.
  bool is_bundle_only = false;
  std::string_view ice_ufrag;
  std::string_view ice_password;
  /// a=ice-mismatch (RFC 8839 §5.5): what came was not the default candidate, so no ICE.
  bool has_ice_mismatch = false;
  std::vector<CandidateLine> candidates;
  std::vector<RemoteCandidatesLine> remote_candidates;
  /// Other lines that name addresses of the party, in ways nobody needs behind an edge.
  std::vector<Line> unsupported_address_lines;

  [[nodiscard]] bool is_rejected() const { return port == Port{}; }
  [[nodiscard]] bool waits_for_bundle() const { return is_rejected() && is_bundle_only; }
  /// Its m= line is over UDP, and not rejected. It may still have candidates over TCP.
  [[nodiscard]] bool uses_datagrams() const {
    return !is_rejected() && (profile == Profile::rtp || profile == Profile::datagram);
  }
  /// Its m= line is over TCP, and not rejected.
  [[nodiscard]] bool uses_streams() const {
    return !is_rejected() && (profile == Profile::framed_rtp || profile == Profile::stream);
  }
  /// Whether the edge can relay this section's media.
  [[nodiscard]] bool is_relayed() const { return uses_datagrams() || uses_streams(); }
  /// Whether there is a candidate for `component` over `carrier`.
  [[nodiscard]] bool offers(std::uint16_t component, candidate::Carrier carrier) const {
    return std::any_of(candidates.begin(), candidates.end(), [&](const CandidateLine& written) {
      return written.candidate && written.candidate->component == component &&
             written.candidate->carrier == carrier;
    });
  }
  [[nodiscard]] bool offers(candidate::Carrier carrier) const {
    return offers(candidate::kRtpComponent, carrier) || offers(candidate::kRtcpComponent, carrier);
  }
};

}  // namespace avedge::sdp
