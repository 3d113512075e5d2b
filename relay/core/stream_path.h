// What signalling tells the data plane about one component of an anchored call that may run over
// TCP: framed by RFC 4571 where it is RTP and ICE (RFC 6544), any bytes otherwise (RFC 4145).
// Values only, as with MediaPath.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "relay/core/media_path.h"

namespace avedge {

/// One party's half: the TCP port of ours that it connects to, and that we connect to it from.
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

/// One component between two parties that may connect to us and be connected to. A connection of
/// one is joined to one with the other: the one that waits already, or the first that a passive
/// endpoint accepts. Bytes pass as they are, checks and media alike.
struct StreamPath {
  MediaPathId id{};
  TcpLeg near;
  TcpLeg far;
  /// A party that has no TCP at all: the other one's frames go to it as datagrams, through a UDP
  /// socket of ours that nothing else uses. Its TcpLeg has no port then.
  std::optional<UdpLeg> near_datagrams;
  std::optional<UdpLeg> far_datagrams;
  std::shared_ptr<MediaPathCounters> counters;
};

}  // namespace avedge
