// Observes opened and closed allocations: the log, and later the admin socket.
#pragma once

#include <optional>
#include <string_view>

#include "ice/allocation/allocation.h"

namespace avedge::turn {

/// Texts live as long as the call.
struct AllocationInfo {
  FiveTuple five_tuple;
  /// The externally visible address.
  Endpoint relayed;
  /// Of a dual allocation the IPv6 one.
  std::optional<Endpoint> relayed_ipv6;
  std::string_view user;
};

[[nodiscard]] inline AllocationInfo describe(const Allocation::State& state) {
  AllocationInfo info{state.client.five_tuple, {}, {}, state.grant.user};
  const auto& [ipv4, ipv6] = state.relays;
  info.relayed = (ipv4 ? ipv4 : ipv6)->port.advertised;
  if (ipv4 && ipv6) info.relayed_ipv6 = ipv6->port.advertised;
  return info;
}

enum class CloseReason : std::uint8_t {
  expired,
  deleted_by_client,
  connection_closed,  // the client's TCP, TLS or DTLS connection has ended
  move_failed,        // its client moved to another worker, and it could not follow (RFC 8016)
  shutdown
};
[[nodiscard]] constexpr std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::expired: return "expired";
    case CloseReason::deleted_by_client: return "deleted_by_client";
    case CloseReason::connection_closed: return "connection_closed";
    case CloseReason::move_failed: return "move_failed";
    case CloseReason::shutdown: break;
  }
  return "shutdown";
}

/// Called on the worker's thread, so an implementation must be quick; workers may share one.
class AllocationObserver {
 public:
  virtual ~AllocationObserver() = default;
  virtual void on_opened(const AllocationInfo& allocation) = 0;
  virtual void on_closed(const AllocationInfo& allocation, CloseReason reason,
                         const Traffic& traffic, Duration lifetime) = 0;
  /// Answered 403: the peer, as named by the client or the edge, is on this host.
  virtual void on_own_address_refused(const AllocationInfo& allocation, const Endpoint& peer) = 0;
};

}  // namespace avedge::turn
