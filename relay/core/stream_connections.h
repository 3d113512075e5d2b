// TCP connections with the parties of anchored calls: what a worker offers to the handler that
// decides about them, and what it tells it. Everything here is on the worker's thread.
#pragma once

#include "relay/core/drop_reason.h"
#include "relay/core/flow.h"

namespace avedge {

/// The longest frame examined on an unassigned connection: no ICE check is longer than a packet
/// that passes every network whole.
inline constexpr std::size_t kLongestFirstFrame = 1500;

/// An event on a connection, which is there until the handler has returned.
struct StreamEvent {
  enum class Kind : std::uint8_t {
    accepted,   // a connection arrived at the port
    spoke,      // its first frame is there (StreamConnections::await_first_frame())
    connected,  // what StreamConnections::dial() began
    ended       // … or is over, or either side ended it; its flows must be erased
  };
  Kind kind{};
  SocketId connection = kNoSocket;
  SocketId port = kNoSocket;  // the listening socket that it came by, or leaves from
  Endpoint remote;
  ConstBytes first_frame = {};  // `spoke` only; without its length, and still to be read
};

/// Connections are joined by Outcome::join(caller's, callee's) and closed by Outcome::close(),
/// which reports nothing. A connection that is neither joined nor framed is not read.
class StreamConnections {
 public:
  virtual ~StreamConnections() = default;

  /// From now on connections to that port are accepted, or wait in the kernel again.
  virtual void set_accepting(SocketId port, bool accepting) = 0;
  /// Begins to connect from that port. Fails with connection_exists if there is such a connection,
  /// peer_not_leased if it is an address of ours without a leased TCP port, connection_failed or
  /// table_full. Never gives up by itself while the kernel does not.
  [[nodiscard]] virtual Verdict<SocketId> dial(SocketId port, const Endpoint& remote) = 0;
  /// Reports `spoke` once the connection's first RFC 4571 frame has arrived, without consuming it.
  /// One longer than kLongestFirstFrame is reported at once, as an empty one.
  virtual void await_first_frame(SocketId connection) = 0;
  /// From now on the connection, which waits, carries RFC 4571 frames. To flows it is a socket of
  /// its own: each frame a datagram from the remote endpoint, each datagram sent there a frame.
  virtual void speak_frames(SocketId connection) = 0;
  /// What a joined connection's party has sent over it; packets are not known. Zeroes for others.
  [[nodiscard]] virtual FlowUsage sent_over(SocketId connection) const = 0;
};

}  // namespace avedge
