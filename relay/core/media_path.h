// What signalling tells the data plane about one stream of an anchored call. Values only: the
// signalling thread posts them to the worker that owns the call's sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "relay/core/counters.h"
#include "relay/core/flow.h"
#include "relay/core/slow_path.h"

namespace avedge {

/// How a party's real source address is learned (safe latching; never "whoever sends first").
enum class Latching : std::uint8_t {
  strict,      // no learning: exactly the signalled endpoint
  signalled,   // from a signalled IP address, or by a valid ICE check (default)
  sip_source,  // from the IP address the party's SIP came from, or by a valid ICE check
  asymmetric   // as signalled, but media for the party still goes where it signalled
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

/// One party's half of a stream: the socket of ours that it talks to, and how we know it.
struct MediaEnd {
  SocketId socket = kNoSocket;
  /// Where its SDP says it receives; address 0.0.0.0 or port 0 if it has not said so yet.
  Endpoint signalled;
  /// Addresses of its c= line and candidates; a source with one of them may latch.
  std::vector<IpAddress> signalled_addresses;
  /// Its candidates, except anchored ports of this edge. What comes from an address of the edge is
  /// its own only from one of these: it may have its relayed address here, too.
  std::vector<Endpoint> signalled_candidates;
  IpAddress sip_source;
  Latching latching = Latching::signalled;
  std::vector<IceCheckKeys> ice;  // empty: no checks can be verified
  friend bool operator==(const MediaEnd&, const MediaEnd&) = default;
};

/// Counters of a path, published about once a second by its worker, read by anybody.
struct MediaPathCounters {
  Gauge packets[2];  // [0] from near to far, [1] from far to near
  Gauge bytes[2];
  /// CLOCK_MONOTONIC nanoseconds of the last forwarded packet; 0 if there was none.
  Gauge last_activity;
};

enum class MediaPathId : std::uint64_t {};

/// One stream component (RTP or RTCP) between two parties. Branches of a forked call are paths
/// that share the socket of one end and are told apart by the remote endpoint.
struct MediaPath {
  MediaPathId id{};
  MediaEnd near;
  MediaEnd far;
  std::shared_ptr<MediaPathCounters> counters;
};

/// The slow path of anchor sockets: learns where the parties of its paths really are.
class MediaPathHandler : public SlowPathHandler {
 public:
  /// Creates or changes a path; changed values let its parties latch anew.
  virtual void set_path(Time now, const MediaPath& path, Outcome& outcome) = 0;
  /// Forgets the path and its flows; unknown ids are ignored.
  virtual void remove_path(Time now, MediaPathId path, Outcome& outcome) = 0;
};

}  // namespace avedge
