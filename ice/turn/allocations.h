// Allocations with everything involved in opening, moving and ending one: quotas, ports, the
// connections of TCP allocations, counters, the authentication state of the client's connection,
// and the log.
#pragma once

#include "ice/allocation/allocation_table.h"
#include "ice/turn/allocation_snapshot.h"
#include "ice/turn/peer_connection_table.h"
#include "ice/turn/server_dependencies.h"

namespace avedge::turn {

/// One per worker.
class Allocations {
 public:
  Allocations(std::size_t capacity, const ServerDependencies& dependencies)
      : dependencies_{dependencies}, table_{capacity}, connections_{dependencies.worker} {}

  [[nodiscard]] bool is_full() const { return table_.is_full(); }

  // Results have no expired parts; null if there is none.

  [[nodiscard]] Allocation* find(Time now, const FiveTuple& five_tuple, Outcome& outcome);
  [[nodiscard]] Allocation* find(Time now, const Ticket& ticket, Outcome& outcome);
  [[nodiscard]] Allocation* find_by_relay(Time now, SocketId relay, Outcome& outcome);
  // Prunes nothing, for look-ups that affect only credentials.

  [[nodiscard]] const Allocation* peek(const FiveTuple& five_tuple) {
    return table_.find(five_tuple);
  }
  [[nodiscard]] const Allocation* peek(DeadlineQueue::Index index) { return table_.at(index); }

  /// Its quota has been booked; notes a new client. Not if full.
  Allocation& open(Allocation::State state, Outcome& outcome);
  /// The same for one from another worker: observers are not notified.
  Allocation& take_over(Allocation::State state, Outcome& outcome);
  void close(Time now, Allocation& allocation, CloseReason reason, Outcome& outcome);
  /// For an allocation in transit between two workers, without relayed sockets.
  void discard_in_transit(Time now, const Allocation::State& state, CloseReason reason);
  void close_all(Time now, Outcome& outcome);
  /// Releases one of two relayed addresses.
  void release_family(Allocation& allocation, AddressFamily family, Outcome& outcome);

  // RFC 8016.

  /// A new ticket for it.
  const Ticket& issue_ticket(Allocation& allocation);
  /// Its client has left, or leaves.
  void suspend(Allocation& allocation, Outcome& outcome);
  void resume(Allocation& allocation, const ClientPath& client, Outcome& outcome);
  /// Removes a suspended allocation, for another worker.
  [[nodiscard]] Allocation::State extract(Allocation& allocation);

  /// Revokes permissions, channels and connections of forbidden peers.
  using PeerReview =
      std::function<std::optional<Peer>(const Allocation& allocation, const Endpoint& peer)>;
  void review(const PeerReview& judge_of, Outcome& outcome);
  void review(Allocation& allocation, const PeerReview& judge_of, Outcome& outcome);

  /// Records that the allocation has changed.
  void reschedule(const Allocation& allocation) { table_.reschedule(allocation); }
  void expire(Time now, Outcome& outcome);
  [[nodiscard]] Time next_deadline() const {
    return std::min(table_.next_deadline(), connections_.next_deadline());
  }

  [[nodiscard]] PeerConnectionTable& connections() { return connections_; }
  template <class Visit>
  void for_each(Visit visit) const {
    table_.for_each(visit);
  }
  /// As Server::snapshot().
  [[nodiscard]] AllocationSlice snapshot(std::size_t from, std::size_t most) const;

 private:
  [[nodiscard]] Allocation* find_live(Time now, Allocation* allocation, Outcome& outcome);
  bool prune_expired(Time now, Allocation& allocation, Outcome& outcome);
  void limit_bandwidth(const Allocation::State& state, Outcome& outcome) const;
  void close_connections(const Allocation& allocation, Outcome& outcome);
  void publish_count();

  const ServerDependencies& dependencies_;
  AllocationTable table_;
  PeerConnectionTable connections_;
};

}  // namespace avedge::turn
