// The TURN server of one worker (RFC 8656) with its STUN Binding service (RFC 8489), as a state
// machine without sockets and clocks. Each method has its own file.
#pragma once

#include "ice/turn/allocation_snapshot.h"
#include "ice/turn/server_state.h"
#include "relay/core/slow_path.h"

namespace avedge::turn {

/// Decides about allocations, permissions and channels; emits its decisions as flows, which the
/// forwarder applies without further queries. The worker's thread only.
class Server final : public SlowPathHandler {
 public:
  Server(SharedRules rules, const ServerDependencies& dependencies)
      : state_{std::move(rules), dependencies} {}

  [[nodiscard]] Verdict<void> handle(Time now, const Path& path, ConstBytes datagram,
                                     Outcome& outcome) override;
  void on_closed(Time now, const Path& path, Outcome& outcome) override;
  void on_peer_connection(Time now, const PeerConnectionEvent& event, Outcome& outcome) override;
  void on_icmp(Time now, SocketId relay, const Endpoint& peer, const IcmpError& error,
               Outcome& outcome) override;
  void expire(Time now, Outcome& outcome) override;
  [[nodiscard]] Time next_deadline() const override {
    return std::min(state_.allocations.next_deadline(), state_.moves.next_deadline());
  }

  /// Applies new credentials, peer rules, lifetimes and caps per allocation. Peers that are now
  /// forbidden are blocked; all other grants remain. The nonces, the answer budget and the
  /// capacities of the start stay too.
  void reconfigure(SharedRules rules, Outcome& outcome);
  /// Updates the addresses of this host. Peers with one of them are blocked, unless rules open it.
  void set_local_addresses(SharedLocalAddresses addresses, Outcome& outcome);
  [[nodiscard]] bool may_reach(const Endpoint& peer) const override;
  /// From now on new clients are redirected to another server, if one is configured.
  void drain() { state_.is_draining = true; }
  /// Runs a task posted by another worker's server.
  void run(WorkerTask& task, Time now, Outcome& outcome) { task.run(state_, now, outcome); }

  /// Ends every allocation, for a shutdown.
  void close_all(Time now, Outcome& outcome) { state_.allocations.close_all(now, outcome); }

  /// At most `most` allocations (above 0), beginning at `from`: 0, then AllocationSlice::next. An
  /// allocation that exists from the first slice to the last one is in exactly one of them.
  [[nodiscard]] AllocationSlice snapshot(std::size_t from, std::size_t most) const {
    return state_.allocations.snapshot(from, most);
  }

 private:
  Verdict<void> on_request(const Request& request, Outcome& outcome);
  Verdict<void> dispatch(const RequestContext& context);
  Verdict<void> on_indication(const Request& request, Outcome& outcome);

  ServerState state_;
};

}  // namespace avedge::turn
