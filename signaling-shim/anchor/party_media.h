// One party's description of its media, as values that outlive the message.
#pragma once

#include <bitset>
#include <string>
#include <vector>

#include "ice/candidate/ice06_credentials.h"
#include "relay/core/endpoint.h"
#include "signaling-shim/anchor/media_anchor.h"
#include "signaling-shim/anchor/stream_media.h"
#include "signaling-shim/sdp/view.h"

namespace avedge::anchor {

/// Addresses of one stream from which its party may latch; more are ignored.
inline constexpr std::size_t kMaxSignalledAddresses = 16;
inline constexpr std::size_t kMaxSignalledCandidates = 32;

/// One m= line.
struct MediaLine {
  bool is_relayed = false;        // anchored, and not rejected
  bool has_datagrams = false;     // relayed, and its m= line is over UDP
  bool waits_for_bundle = false;  // port 0, and yet not rejected (RFC 8843 §6)
  bool has_rtcp = false;
  /// c=0.0.0.0, ::, or a=inactive. Does not affect the media target.
  bool is_held = false;
  sdp::Direction direction = sdp::Direction::sendrecv;
  std::bitset<128> payload_types{};  // of RTP
  bool has_dtls = false;             // DTLS-SRTP
  /// As the m= and c= lines have it, 0.0.0.0 included: two lines with the same one share a port.
  Endpoint written;
  /// Where the party receives; no port: not yet known.
  Endpoint rtp;
  Endpoint rtcp;
  std::vector<IpAddress> addresses;
  std::vector<Endpoint> candidates;  // over UDP, of all components
  std::string ice_ufrag;
  std::string ice_password;
  bool has_ice_mismatch = false;
  /// Those of its candidates in the older grammar: over UDP, the default destination's first.
  std::vector<candidate::Ice06Credentials> ice06;
  StreamMedia streams;

  /// The party also sends streams without an address: c=0.0.0.0 only asks the other one not to.
  [[nodiscard]] bool sends() const {
    return direction == sdp::Direction::sendrecv || direction == sdp::Direction::sendonly;
  }
  [[nodiscard]] bool receives() const {
    return !is_held &&
           (direction == sdp::Direction::sendrecv || direction == sdp::Direction::recvonly);
  }
  friend bool operator==(const MediaLine&, const MediaLine&) = default;
};

struct PartyMedia {
  std::vector<MediaLine> lines;
  /// Address family of its c= lines.
  AddressFamily family = AddressFamily::ipv4;
  /// Where its SIP message came from.
  IpAddress source;
  bool is_ice_lite = false;
  PartyTerms terms;

  /// If TCP is not anchored, TCP candidates are ignored, and m= lines over TCP are not relayed.
  [[nodiscard]] static PartyMedia from(const sdp::View& view, const IpAddress& source,
                                       const PartyTerms& terms, StreamMode streams);

  [[nodiscard]] bool relays(std::size_t line) const {
    return line < lines.size() && lines[line].is_relayed;
  }
  [[nodiscard]] StreamMedia::Kind stream_kind(std::size_t line) const {
    return relays(line) ? lines[line].streams.kind : StreamMedia::Kind::none;
  }
  [[nodiscard]] std::size_t streams() const;

  /// The other alternative of a multipart/alternative body. Only one of the two will be accepted,
  /// so they share ports, and either's addresses may latch. The later one is the richer one.
  void add_alternative(const PartyMedia& other);

  /// Hold never moves a relay target: held lines keep the party's earlier description. A party
  /// whose datagrams used the other's connection keeps using it.
  void keep_targets_of(const PartyMedia& before);

  /// This answers `offer`: UDP lines with ICE whose offerer also supports TCP are converted. So are
  /// those that the offerer moved to TCP alone, once it was chosen.
  void convert_streams_of(const PartyMedia& offer);
  friend bool operator==(const PartyMedia&, const PartyMedia&) = default;
};

}  // namespace avedge::anchor
