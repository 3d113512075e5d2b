// A worker's side of fan-in: its ports are steered to its receiving sockets, and found again by
// where a datagram was sent to. The sockets of the ports stay open: they send, they keep the ports
// from other programs, and they receive whatever is not steered.
#pragma once

#include "relay/fan_in/port_index.h"
#include "relay/fan_in/sk_lookup_redirect.h"

namespace avedge::relay {

/// The worker's thread only.
class FanIn {
 public:
  /// `redirect` outlives it.
  FanIn(SkLookupRedirect& redirect, WorkerIndex worker, const std::vector<RelayRange>& ranges)
      : redirect_{redirect}, worker_{worker}, ports_{ranges} {}

  /// The port of that socket is the worker's from now on.
  void add_port(const LeasedSocket& port, SocketId id, SkLookupRedirect::IcmpErrors errors) {
    ports_.set(port.local, id);
    redirect_.redirect_port(port, worker_, errors);
  }
  /// Removes the port. Datagrams that already wait match no port.
  void remove_port(const Endpoint& local) {
    redirect_.remove_port(local);
    ports_.set(local, kNoSocket);
  }
  /// kNoSocket if that port is not the worker's.
  [[nodiscard]] SocketId find(const Endpoint& local) const { return ports_.find(local); }

 private:
  SkLookupRedirect& redirect_;
  WorkerIndex worker_;
  PortIndex ports_;
};

}  // namespace avedge::relay
