// What signalling tells the data plane about one stream component of an anchored call, over UDP or
// TCP. Values only: the signalling thread posts them to the worker that owns the call's sockets.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "relay/core/counters.h"
#include "relay/core/flow.h"

namespace avedge {

/// Which addresses a party's media may come from. The rules for each are in ice/latching/party.h
/// and, for operators, in docs/latching.md.
enum class Latching : std::uint8_t {
  strict,     // no learning: exactly the signalled endpoint
  signalled,  // a signalled IP address, or a valid ICE check (default)
  sip_source  // the IP address that the party's SIP came from, or a valid ICE check
};

/// When a source that is not the signalled endpoint becomes the destination.
enum class LatchTiming : std::uint8_t {
  immediate,  // with its first packet
  delayed,    // 3 s after the first such packet: the source that sent last
  heuristic   // 3 s after it: a source with the signalled address before one with the SIP source's
};

/// Whether a latch may move to another endpoint without new SDP, after silence (NAT rebinding).
enum class Rebinding : std::uint8_t {
  refused,
  same_stream,  // by packets that continue the stream which fell silent
  any_stream    // by any RTP packets
};

/// What the packets of a line look like, so that others cannot latch.
struct LinePayload {
  enum class Kind : std::uint8_t {
    any,  // neither RTP nor RTCP: nothing is known about it
    rtp,
    rtcp
  };
  Kind kind = Kind::any;
  bool has_dtls = false;             // DTLS-SRTP: the handshake shares the port (RFC 5764 §5.1.2)
  std::bitset<128> payload_types{};  // of RTP; none: all of them
  friend bool operator==(const LinePayload&, const LinePayload&) = default;
};

/// Verifies the ICE checks that one party sends (RFC 8445 §7.2.2): USERNAME is
/// "<receiver_ufrag>:<sender_ufrag>", MESSAGE-INTEGRITY is keyed by the receiver's password. Any
/// bytes: in ICE-06 a ufrag is the raw id of a candidate with its component.
struct IceCheckKeys {
  std::string receiver_ufrag;
  std::string receiver_password;
  std::string sender_ufrag;
  friend bool operator==(const IceCheckKeys&, const IceCheckKeys&) = default;
};

/// One party's half over UDP: the socket of ours that it talks to, and how we know it.
struct UdpLeg {
  SocketId socket = kNoSocket;
  /// Where its SDP says it receives; address 0.0.0.0 or port 0 if it has not said so yet, or if the
  /// edge may not send there.
  Endpoint signalled;
  /// Addresses of its c= line and candidates; a source with one of them may latch.
  std::vector<IpAddress> signalled_addresses;
  /// Its candidates, except anchored ports of this edge. What comes from an address of the edge is
  /// its own only from one of these: it may have its relayed address here, too.
  std::vector<Endpoint> signalled_candidates;
  IpAddress sip_source;
  Latching latching = Latching::signalled;
  LatchTiming timing = LatchTiming::immediate;
  Rebinding rebinding = Rebinding::same_stream;
  /// Media for the party always goes to `signalled`, wherever its own comes from.
  bool is_asymmetric = false;
  /// Offer and answer agreed on ICE (RFC 8839 §4.2.5): only checks latch.
  bool uses_ice = false;
  /// The SDP of both lets the party send. While it does not, no latch moves.
  bool may_send = true;
  LinePayload payload;
  std::vector<IceCheckKeys> ice;  // empty: no checks can be verified
  friend bool operator==(const UdpLeg&, const UdpLeg&) = default;
};

/// One party's half over TCP: the port of ours that it connects to, and that we connect to it from.
/// Framed by RFC 4571 where it is RTP and ICE (RFC 6544), any bytes otherwise (RFC 4145).
struct TcpLeg {
  SocketId port = kNoSocket;
  /// Where it accepts connections: its TCP-PASS candidates and, if its m= line is TCP, its default
  /// destination; the likeliest first, at most kMaxDialled. Empty if it only connects.
  std::vector<Endpoint> passive;
  /// It may connect from these addresses; from others only with a valid ICE check first.
  std::vector<IpAddress> signalled_addresses;
  IpAddress sip_source;
  Latching latching = Latching::signalled;
  std::vector<IceCheckKeys> ice;  // empty: no checks can be verified
  friend bool operator==(const TcpLeg&, const TcpLeg&) = default;
};

inline constexpr std::size_t kMaxDialled = 4;

using Leg = std::variant<UdpLeg, TcpLeg>;

/// Counters of a path, published about once a second by its worker, read by any thread.
struct MediaPathCounters {
  Gauge packets[2];  // [0] from caller to callee, [1] from callee to caller
  Gauge bytes[2];
  /// CLOCK_MONOTONIC nanoseconds of the last forwarded packet; 0 if there was none.
  Gauge last_activity;
  /// How often a source that had moved lost its place to the one it had moved from, by the side of
  /// the party: [0] caller, [1] callee.
  Gauge reclaims[2];
};

enum class MediaPathId : std::uint64_t {};

/// One stream component (RTP or RTCP) between the two parties of a call.
///
/// Over UDP, branches of a forked call are paths that share the socket of one leg and are
/// distinguished by the remote endpoint. Over TCP, a connection of one party is joined to one with
/// the other: the one that waits already, or the first that a passive endpoint accepts; bytes pass
/// as they are, checks and media alike. Where only one leg is TCP, its frames are the other's
/// datagrams, and the UDP leg has a socket of ours that nothing else uses.
struct MediaPath {
  MediaPathId id{};
  Leg caller;
  Leg callee;
  std::shared_ptr<MediaPathCounters> counters;
  /// This path is RTCP, and that one its RTP, set before it: RTCP latches where RTP did. Over UDP.
  std::optional<MediaPathId> rtp{};
};

/// A path whose legs are both over UDP.
struct UdpPath {
  MediaPathId id{};
  UdpLeg caller;
  UdpLeg callee;
  std::shared_ptr<MediaPathCounters> counters;
  std::optional<MediaPathId> rtp{};
};

/// Nothing if a leg is over TCP.
[[nodiscard]] inline std::optional<UdpPath> udp_path_of(const MediaPath& path) {
  const auto* caller = std::get_if<UdpLeg>(&path.caller);
  const auto* callee = std::get_if<UdpLeg>(&path.callee);
  if (caller == nullptr || callee == nullptr) return std::nullopt;
  return UdpPath{path.id, *caller, *callee, path.counters, path.rtp};
}

}  // namespace avedge
