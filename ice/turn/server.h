// The TURN server of one worker (RFC 8656) with its STUN Binding service (RFC 8489), as a state
// machine without sockets and clocks.
#pragma once

#include <optional>

#include "ice/turn/allocate_request.h"
#include "ice/turn/allocation_table.h"
#include "ice/turn/answer_budget.h"
#include "ice/turn/authenticator.h"
#include "ice/turn/nonce.h"
#include "ice/turn/observer.h"
#include "ice/turn/peer_policy.h"
#include "ice/turn/response.h"
#include "ice/turn/settings.h"
#include "relay/core/counters.h"
#include "relay/core/ledger.h"
#include "relay/core/relay_ports.h"
#include "relay/core/slow_path.h"

namespace avedge::turn {

/// What the server asks and tells while it works. All outlive it; all but the ledger, the observer
/// and the wall clock belong to the server's worker.
struct Surroundings {
  RelayPorts& ports;
  Ledger& ledger;
  const FlowReader& flows;
  WorkerCounters& counters;
  AllocationObserver& observer;
  WallClock wall_clock;
};

/// Decides about allocations, permissions and channels; what it decided leaves as flows, and the
/// forwarder never asks again. The worker's thread only.
class Server final : public SlowPathHandler {
 public:
  Server(const Settings& settings, Surroundings surroundings);

  [[nodiscard]] Verdict<void> handle(Time now, const Path& path, ConstBytes datagram,
                                     Outcome& outcome) override;
  void expire(Time now, Outcome& outcome) override;
  [[nodiscard]] Time next_deadline() const override { return allocations_.next_deadline(); }

  /// From now on other credentials, peer rules, lifetimes and caps per allocation hold. What was
  /// granted before stays granted; the nonce key and the capacities of the start stay too.
  void reconfigure(const Settings& settings);

  /// Ends every allocation, for a shutdown.
  void close_all(Time now, Outcome& outcome);

  /// Calls visit(const AllocationInfo&, Time expires) for every allocation, in no particular order.
  template <class Visit>
  void for_each_allocation(Visit visit) const {
    allocations_.for_each([&](const Allocation& allocation) {
      visit(describe(allocation), allocation.grant().expires);
    });
  }

 private:
  Verdict<void> on_request(const Request& request, Outcome& outcome);
  Verdict<void> on_binding(const Request& request, Responder& responder);
  Verdict<void> on_allocate(const Request& request, const Identity& identity, Responder& responder,
                            Outcome& outcome);
  Verdict<void> on_refresh(const Request& request, const Identity& identity, Responder& responder,
                           Outcome& outcome);
  Verdict<void> on_create_permission(const Request& request, const Identity& identity,
                                     Responder& responder, Outcome& outcome);
  Verdict<void> on_channel_bind(const Request& request, const Identity& identity,
                                Responder& responder, Outcome& outcome);
  Verdict<void> on_indication(const Request& request, Outcome& outcome);
  DropReason judge_send(const Request& request, ConstBytes datagram, Outcome& outcome);

  [[nodiscard]] Answer<Identity> authenticate(const Request& request) const;
  [[nodiscard]] DropReason challenge(const Request& request, const Refusal& refusal,
                                     Responder& responder);
  [[nodiscard]] bool may_answer_stranger(const Request& request) {
    return budget_.take(request.now, request.path.remote.address);
  }

  [[nodiscard]] Answer<Allocation::Grant> grant(const Request& request, const Identity& identity,
                                                const AllocateRequest& wanted);
  void confirm(const Request& request, const Allocation& allocation, Responder& responder);
  [[nodiscard]] std::chrono::seconds lifetime_for(
      std::optional<std::chrono::seconds> requested) const;

  [[nodiscard]] Allocation* find(Time now, const FiveTuple& five_tuple, Outcome& outcome);
  [[nodiscard]] Answer<Allocation*> find_own(const Request& request, const Identity& identity,
                                             Outcome& outcome);
  [[nodiscard]] Answer<Peer> judge_peer(const Allocation& allocation,
                                        const Endpoint& written) const;
  [[nodiscard]] Answer<Peer> read_peer(const Request& request, const Allocation& allocation,
                                       ConstBytes value) const;
  [[nodiscard]] Answer<std::vector<Peer>> read_peers(const Request& request,
                                                     const Allocation& allocation) const;
  bool settle(Time now, Allocation& allocation, Outcome& outcome);
  void close(Time now, Allocation& allocation, CloseReason reason, Outcome& outcome);

  Settings settings_;
  Surroundings surroundings_;
  Authenticator authenticator_;
  NonceMint nonces_;
  PeerPolicy peers_;
  AnswerBudget budget_;
  AllocationTable allocations_;
};

}  // namespace avedge::turn
