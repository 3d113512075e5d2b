// One allocation: a client's grants, and the matching flows for the forwarder.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ice/allocation/allocation_state.h"
#include "ice/allocation/ticket.h"
#include "ice/auth/identity.h"
#include "relay/core/deadline_queue.h"
#include "relay/core/slow_path.h"

namespace avedge::turn {

/// Belongs to one worker. All queries of expiring state require `now`: an expired part does not
/// count even before expire_parts() removes it.
///
/// UDP allocations have flows, TCP allocations (RFC 6062) have connections, which Connections
/// knows. An allocation that is `suspended` (RFC 8016) has a relayed address, but no client: its
/// flows are erased until it is resumed.
class Allocation {
 public:
  using Kind = AllocationKind;
  using State = AllocationState;

  /// With at least one relay. Emits all flows of `state`.
  Allocation(DeadlineQueue::Index index, State state, Outcome& outcome);

  [[nodiscard]] DeadlineQueue::Index index() const { return index_; }
  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] const Grant& grant() const { return state_.grant; }
  [[nodiscard]] const ClientPath& client() const { return state_.client; }
  [[nodiscard]] bool is_tcp() const { return state_.grant.kind == Kind::tcp; }
  [[nodiscard]] bool is_suspended() const { return is_suspended_; }
  /// Whether requests of `identity` may use it (RFC 8656 §5). Access tokens name no user: any of
  /// them is as valid as the one that opened it.
  [[nodiscard]] bool belongs_to(const Identity& identity) const;

  /// Null if it has no relayed address of that family.
  [[nodiscard]] const Relay* relay(AddressFamily family) const { return state_.relay(family); }
  /// The IPv4 one if it has two.
  [[nodiscard]] const Relay& first_relay() const;
  [[nodiscard]] bool has_expired(Time now) const { return expires() <= now; }
  /// When the last relayed address ends.
  [[nodiscard]] Time expires() const;
  /// When the first of its parts, or the whole, ends.
  [[nodiscard]] Time next_deadline() const;

  [[nodiscard]] std::size_t permission_count() const { return state_.permissions.size(); }
  [[nodiscard]] std::size_t channel_count() const { return state_.channels.size(); }
  [[nodiscard]] bool has_permission(const IpAddress& peer) const;
  /// The number that `peer` is bound to; kNoChannel if none.
  [[nodiscard]] ChannelField channel_of(const Endpoint& peer) const;
  /// Whether that number is bound, to any peer.
  [[nodiscard]] bool is_bound(ChannelField number) const;

  // Each of these keeps the flows in step. Call expire_parts() first.

  void refresh(AddressFamily family, Time expires, Outcome& outcome);
  /// Installs or renews the permission for the peer's address (RFC 8656 §9).
  void permit(Time now, const Peer& peer, Outcome& outcome);
  /// Binds or renews, and permits (RFC 8656 §12). Neither number nor peer is bound to another.
  void bind(Time now, ChannelField number, const Peer& peer, Outcome& outcome);
  /// Releases one relayed address, with the permissions and channels of its family. Another one
  /// must remain.
  void release_family(AddressFamily family, const FlowReader& flows, Outcome& outcome);
  /// Removes expired permissions and channels, and one of two relayed addresses.
  void expire_parts(Time now, const FlowReader& flows, Outcome& outcome);
  /// The current form of a peer; nothing: it is no longer allowed. A permission's has no port.
  using PeerReview = std::function<std::optional<Peer>(const Endpoint& peer)>;
  /// Revokes permissions and channels of forbidden peers, and adjusts the others.
  void review(const PeerReview& judge, const FlowReader& flows, Outcome& outcome);
  /// Erases every flow and closes the relay sockets. Only const functions may be called afterwards.
  Traffic end(const FlowReader& flows, Outcome& outcome);

  void renew_token(std::unique_ptr<TokenSession> token) { state_.grant.token = std::move(token); }

  // RFC 8016, for UDP allocations.

  [[nodiscard]] const std::optional<Ticket>& ticket() const { return ticket_; }
  void set_ticket(const Ticket& ticket) { ticket_ = ticket; }
  /// The last request that moved it, to detect its retransmissions.
  [[nodiscard]] const std::optional<RequestId>& moved_by() const { return moved_by_; }
  void set_moved_by(const RequestId& request) { moved_by_ = request; }
  /// Erases every flow, until resume().
  void suspend(const FlowReader& flows, Outcome& outcome);
  /// Its client is at `client` from now on.
  void resume(const ClientPath& client, Outcome& outcome);
  /// Its complete state. Nothing may be called afterwards.
  [[nodiscard]] State extract() { return std::move(state_); }

 private:
  [[nodiscard]] const Permission* find_permission(const IpAddress& peer) const;

  [[nodiscard]] bool has_flows() const { return !is_tcp() && !is_suspended_; }
  void emit_all(Outcome& outcome) const;
  void emit(const Relay& relay, Outcome& outcome) const;
  void emit(const Permission& permission, Outcome& outcome) const;
  void emit(const Channel& channel, Outcome& outcome) const;
  void erase_all(const FlowReader& flows, Outcome& outcome);
  void erase(const Relay& relay, const FlowReader& flows, Outcome& outcome);
  void erase(const Permission& permission, const FlowReader& flows, Outcome& outcome);
  void erase(const Channel& channel, const FlowReader& flows, Outcome& outcome);
  void erase(const FlowKey& key, FlowUsage& into, const FlowReader& flows, Outcome& outcome);

  DeadlineQueue::Index index_;
  bool is_suspended_ = false;
  State state_;
  std::optional<Ticket> ticket_;
  std::optional<RequestId> moved_by_;
};

}  // namespace avedge::turn
