// TCP relayed addresses and their connections to peers (RFC 6062). Synchronous and called on the
// worker's own thread; SlowPathHandler::on_peer_connection() reports results.
#pragma once

#include "relay/core/drop_reason.h"
#include "relay/core/flow.h"
#include "relay/core/relay_ports.h"

namespace avedge {

/// RFC 6062 §4.3, §4.4, §5.2: the maximum duration of a connection attempt, and of a peer
/// connection's wait for the client to bind to it.
inline constexpr std::chrono::seconds kPeerConnectionPatience{30};

class PeerConnections {
 public:
  virtual ~PeerConnections() = default;

  /// A leased TCP port that listens. Fails with ports_exhausted or family_unsupported. Given back
  /// by Outcome::close(port.socket); its connections are closed separately.
  [[nodiscard]] virtual Verdict<RelayPort> listen(AddressFamily family) = 0;
  /// Begins to connect from `relay`'s port to `peer` (RFC 6062 §5.2). Fails with connection_exists
  /// if there is such a connection, or table_full. The attempt is given up (event `failed`) after
  /// kPeerConnectionPatience, or by Outcome::close(connection), which tells no event.
  [[nodiscard]] virtual Verdict<SocketId> connect(Time now, SocketId relay,
                                                  const Endpoint& peer) = 0;
  /// Whether `local` (RelayPorts::own_relay_address() and a port) is a relayed TCP address of this
  /// edge at this moment: nothing else that listens there may be reached. Any thread.
  [[nodiscard]] virtual bool is_leased(const Endpoint& local) const = 0;
};

}  // namespace avedge
