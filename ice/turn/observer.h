// Who wants to hear about allocations coming and going: the log, and later the admin socket.
#pragma once

#include <string_view>

#include "ice/turn/allocation.h"

namespace avedge::turn {

/// Texts live as long as the call.
struct AllocationInfo {
  FiveTuple five_tuple;
  /// As the world calls it.
  Endpoint relayed;
  std::string_view user;
};

[[nodiscard]] inline AllocationInfo describe(const Allocation& allocation) {
  const Allocation::Grant& grant = allocation.grant();
  return {grant.five_tuple, grant.relay.advertised, grant.user};
}

enum class CloseReason : std::uint8_t { expired, deleted_by_client, shutdown };
[[nodiscard]] constexpr std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::expired: return "expired";
    case CloseReason::deleted_by_client: return "deleted_by_client";
    case CloseReason::shutdown: break;
  }
  return "shutdown";
}

/// Called on the worker's thread, so an implementation only takes notes; workers may share one.
class AllocationObserver {
 public:
  virtual ~AllocationObserver() = default;
  virtual void on_opened(const AllocationInfo& allocation) = 0;
  virtual void on_closed(const AllocationInfo& allocation, CloseReason reason,
                         const Traffic& traffic, Duration lifetime) = 0;
};

}  // namespace avedge::turn
