// One allocation: what a client was granted, and the flows that say the same to the forwarder.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ice/stun/message.h"
#include "relay/core/deadline_queue.h"
#include "relay/core/relay_ports.h"
#include "relay/core/slow_path.h"

namespace avedge::turn {

/// RFC 8656 §9: a permission lasts 300 seconds.
inline constexpr std::chrono::seconds kPermissionLifetime{300};
/// RFC 8656 §12: a channel binding lasts 10 minutes.
inline constexpr std::chrono::seconds kChannelLifetime{600};

/// A peer as flows know it: relayed addresses of this edge stand in their local form, because
/// that is where their packets come from and go to.
struct Peer {
  Endpoint endpoint;
  bool is_own_relay = false;
};

/// Payload that went over an allocation.
struct Traffic {
  FlowUsage up;    // client to peers
  FlowUsage down;  // peers to client
};

/// Belongs to one worker. Everything that can go stale is asked with `now`: a thing whose time has
/// come counts as gone even before retire() clears it away.
class Allocation {
 public:
  struct Grant {
    FiveTuple five_tuple;
    SocketId listener = kNoSocket;
    RelayPort relay;
    std::string user;
    /// Of the request that opened it, to know its retransmissions.
    stun::TransactionId transaction;
    /// Given out with it, for the port above.
    std::optional<ReservationToken> reserved;
    Time opened{};
    Time expires{};
  };

  /// Emits the flow that lets the client send.
  Allocation(DeadlineQueue::Index index, Grant grant, Outcome& outcome);

  [[nodiscard]] DeadlineQueue::Index index() const { return index_; }
  [[nodiscard]] const Grant& grant() const { return grant_; }
  [[nodiscard]] AddressFamily family() const { return grant_.relay.local.address.family(); }
  [[nodiscard]] bool is_over(Time now) const { return grant_.expires <= now; }
  /// When the first of its parts, or the whole, ends.
  [[nodiscard]] Time next_deadline() const;

  [[nodiscard]] std::size_t permission_count() const { return permissions_.size(); }
  [[nodiscard]] std::size_t channel_count() const { return channels_.size(); }
  [[nodiscard]] bool has_permission(const IpAddress& peer) const;
  /// The number that `peer` is bound to; kNoChannel if none.
  [[nodiscard]] ChannelField channel_of(const Endpoint& peer) const;
  /// Whether that number is bound, to whomever.
  [[nodiscard]] bool is_bound(ChannelField number) const;

  // Each of these keeps the flows in step. Call retire() first.

  void refresh(Time expires, Outcome& outcome);
  /// Installs or renews the permission for the peer's address (RFC 8656 §9).
  void permit(Time now, const Peer& peer, Outcome& outcome);
  /// Binds or renews, and permits (RFC 8656 §12). Neither number nor peer is bound to another.
  void bind(Time now, ChannelField number, const Peer& peer, Outcome& outcome);
  /// Clears away permissions and channels that have run out.
  void retire(Time now, const FlowReader& flows, Outcome& outcome);
  /// Erases every flow and closes the relay socket. Nothing may be called afterwards but grant().
  Traffic end(const FlowReader& flows, Outcome& outcome);

 private:
  struct Permission {
    IpAddress peer;
    bool peer_is_own_relay = false;
    Time expires{};
  };
  struct Channel {
    Peer peer;
    ChannelField number = kNoChannel;
    Time expires{};
  };

  [[nodiscard]] const Permission* find_permission(const IpAddress& peer) const;

  [[nodiscard]] FlowSpec send_flow() const;
  [[nodiscard]] FlowSpec permission_flow(const Permission& permission) const;
  [[nodiscard]] FlowSpec channel_up_flow(const Channel& channel) const;
  [[nodiscard]] FlowSpec channel_down_flow(const Channel& channel,
                                           const Permission& permission) const;

  void emit(const Channel& channel, Outcome& outcome) const;
  void erase(const Permission& permission, const FlowReader& flows, Outcome& outcome);
  void erase(const Channel& channel, const FlowReader& flows, Outcome& outcome);
  void erase(const FlowKey& key, FlowUsage& into, const FlowReader& flows, Outcome& outcome);

  DeadlineQueue::Index index_;
  Grant grant_;
  std::vector<Permission> permissions_;
  std::vector<Channel> channels_;
  Traffic past_;  // of flows that are no more
};

}  // namespace avedge::turn
