#include "ice/turn/allocation_handoff.h"

#include "ice/turn/peer_address_checks.h"
#include "ice/turn/refresh.h"

namespace avedge::turn {
namespace {

/// The request and worker that wait for the allocation.
struct Destination {
  WorkerIndex worker{};
  FiveTuple five_tuple;
};

using DetachedPorts = std::array<std::unique_ptr<DetachedPort>, 2>;  // by family

void post(ServerState& server, WorkerIndex worker, std::unique_ptr<WorkerTask> task) {
  server.dependencies.other_workers->post(worker, std::move(task));
}

/// Third, at the destination: the handoff is refused.
class RejectHandoff final : public WorkerTask {
 public:
  RejectHandoff(const Destination& to, const Refusal& refusal) : to_{to}, refusal_{refusal} {}

  void run(ServerState& server, Time /*now*/, Outcome& outcome) override {
    const auto move = server.moves.take(to_.five_tuple);
    if (!move) return;
    const DropReason reason = Responder{move->target, outcome}.refuse(refusal_);
    server.dependencies.counters.drops.count(reason);
  }

 private:
  Destination to_;
  Refusal refusal_;
};

/// Third, at the destination: installs the allocation.
class InstallAllocation final : public WorkerTask {
 public:
  InstallAllocation(const Destination& to, Allocation::State state, DetachedPorts ports)
      : to_{to}, state_{std::move(state)}, ports_{std::move(ports)} {}

  void run(ServerState& server, Time now, Outcome& outcome) override {
    auto move = server.moves.take(to_.five_tuple);
    if (!move) {
      // The client timed out, or its connection closed.
      server.allocations.discard_in_transit(now, state_, CloseReason::connection_closed);
      return;
    }
    if (const auto refusal = attach_to(server, move->client, outcome)) {
      server.allocations.discard_in_transit(now, state_, CloseReason::move_failed);
      const DropReason reason = Responder{move->target, outcome}.refuse(*refusal);
      server.dependencies.counters.drops.count(reason);
      return;
    }
    Allocation& allocation = server.allocations.take_over(std::move(state_), outcome);
    enforce_peer_rules(server, allocation, outcome);
    server.allocations.issue_ticket(allocation);
    allocation.set_moved_by(RequestId{move->target.transaction.bytes});
    Responder responder{move->target, outcome};
    const auto done =
        carry_out(server, now, allocation, std::move(move->order), responder, outcome);
    if (!done) server.dependencies.counters.drops.count(done.reason());
  }

 private:
  /// Books the quota and attaches the sockets. Leaves nothing behind if it is refused.
  std::optional<Refusal> attach_to(ServerState& server, const ClientPath& client,
                                   Outcome& outcome) {
    const bool is_taken = server.allocations.peek(client.five_tuple) != nullptr;
    if (is_taken || server.allocations.is_full()) return kTableFull;
    const IpAddress before = state_.client.five_tuple.client.endpoint.address;
    const auto moved = server.dependencies.quota.move_allocation(
        before, client.five_tuple.client.endpoint.address);
    if (!moved) return refusal_of(moved.reason());
    state_.client = client;  // discard_in_transit() releases the booked quota
    for (std::size_t family = 0; family < ports_.size(); ++family) {
      if (ports_[family] == nullptr) continue;
      const auto port = server.dependencies.ports.attach(std::move(ports_[family]));
      if (!port) {
        if (family == 1 && state_.relays[0]) outcome.close(state_.relays[0]->port.socket);
        return refusal_of(port.reason());
      }
      state_.relays[family]->port = *port;
    }
    return std::nullopt;
  }

  Destination to_;
  Allocation::State state_;
  DetachedPorts ports_;
};

/// Second, at the source: its flows have been erased.
class SendAllocation final : public WorkerTask {
 public:
  SendAllocation(const Ticket& ticket, const Destination& to) : ticket_{ticket}, to_{to} {}

  void run(ServerState& server, Time now, Outcome& outcome) override {
    Allocation* allocation = server.allocations.find(now, ticket_, outcome);
    if (allocation == nullptr) {
      return post(server, to_.worker, std::make_unique<RejectHandoff>(to_, kBadTicket));
    }
    Allocation::State state = server.allocations.extract(*allocation);
    DetachedPorts ports;
    for (std::size_t family = 0; family < ports.size(); ++family) {
      if (!state.relays[family]) continue;
      ports[family] = server.dependencies.ports.detach(state.relays[family]->port.socket);
      assert(ports[family] != nullptr);
    }
    post(server, to_.worker,
         std::make_unique<InstallAllocation>(to_, std::move(state), std::move(ports)));
  }

 private:
  Ticket ticket_;
  Destination to_;
};

/// First, at the source: checks whether it may move; its last packets have been sent.
class RequestHandoff final : public WorkerTask {
 public:
  RequestHandoff(const Ticket& ticket, const Identity& identity, const Destination& to)
      : ticket_{ticket}, user_{identity.user}, token_left_{identity.token_left}, to_{to} {}

  void run(ServerState& server, Time now, Outcome& outcome) override {
    Allocation* allocation = server.allocations.find(now, ticket_, outcome);
    Identity identity;
    identity.user = user_;
    identity.token_left = token_left_;
    if (allocation == nullptr || !allocation->belongs_to(identity)) {
      const Refusal refusal = allocation == nullptr ? kBadTicket : kWrongCredentials;
      return post(server, to_.worker, std::make_unique<RejectHandoff>(to_, refusal));
    }
    release_client(server, *allocation, outcome);
    // No other worker can request it from now on.
    const Ticket& ticket = server.allocations.issue_ticket(*allocation);
    post(server, server.dependencies.worker, std::make_unique<SendAllocation>(ticket, to_));
  }

 private:
  Ticket ticket_;
  std::string user_;
  std::optional<std::chrono::seconds> token_left_;
  Destination to_;
};

}  // namespace

std::unique_ptr<WorkerTask> request_handoff(const Ticket& ticket, const RequestContext& context,
                                            WorkerIndex back_to) {
  const Destination to{back_to, context.request.five_tuple()};
  return std::make_unique<RequestHandoff>(ticket, context.identity, to);
}

void release_client(ServerState& server, Allocation& allocation, Outcome& outcome) {
  if (allocation.is_suspended()) return;
  outcome.set_auth_state(allocation.client().socket, AuthState::unauthenticated);
  server.allocations.suspend(allocation, outcome);
}

}  // namespace avedge::turn
