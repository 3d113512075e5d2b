// One party's description of TCP in one m= line: by candidates, by the m= line itself, or none.
#pragma once

#include <vector>

#include "ice/candidate/ice06_credentials.h"
#include "ice/candidate/stream_candidate.h"
#include "relay/core/endpoint.h"
#include "signaling-shim/sdp/view.h"

namespace avedge::anchor {

/// Of one party and line; more are ignored. Only kMaxDialled of a component are ever connected to.
inline constexpr std::size_t kMaxTcpEndpoints = 32;

/// A TCP endpoint of the party.
struct TcpEndpoint {
  Endpoint at;
  std::uint16_t component = candidate::kRtpComponent;
  candidate::Flavour flavour = candidate::Flavour::ice19;
  bool accepts = false;  // connections; otherwise it only connects from there
  friend bool operator==(const TcpEndpoint&, const TcpEndpoint&) = default;
};

struct StreamMedia {
  enum class Kind : std::uint8_t {
    none,
    own,       // the party can connect, or accept connections
    converted  // it cannot, but the other party can: the edge turns frames into datagrams for it
  };

  Kind kind = Kind::none;
  /// RTCP has its own connection. Lync sends both components through one.
  bool has_rtcp = false;
  candidate::StreamGrammar grammar = candidate::StreamGrammar::rfc6544;  // of its candidates
  /// The most likely first: the m= line's own, then the candidates in written order.
  std::vector<TcpEndpoint> endpoints;
  /// The credentials of those candidates, if they are in the older grammar.
  std::vector<candidate::Ice06Credentials> ice06;
  friend bool operator==(const StreamMedia&, const StreamMedia&) = default;

  [[nodiscard]] static StreamMedia from(const sdp::View& view, const sdp::Media& media);

  /// Whether there are candidates, or an m= line, in that grammar.
  [[nodiscard]] bool is_written_in(candidate::Flavour flavour) const;
  /// The party's most likely connection endpoint; no port if it is unknown.
  [[nodiscard]] Endpoint endpoint_of(std::uint16_t component) const;
  /// As PartyMedia::add_alternative(): `other` is the richer one.
  void add_alternative(const StreamMedia& other);
  /// The party is at `source`, whatever it wrote: only the port of an m= line over TCP is valid.
  void move_to(const IpAddress& source, bool has_line_of_its_own);
};

}  // namespace avedge::anchor
