// Quotas that hold across workers. Slow path only.
#pragma once

#include <cstddef>
#include <string_view>

#include "relay/core/bandwidth.h"
#include "relay/core/drop_reason.h"
#include "relay/core/endpoint.h"

namespace avedge {

class AllocationQuota {
 public:
  virtual ~AllocationQuota() = default;
  /// Books one allocation on the user, on the source address and on the edge. Fails with
  /// allocation_quota (nothing is booked then). Balanced by exactly one end_allocation().
  [[nodiscard]] virtual Verdict<void> begin_allocation(std::string_view user,
                                                       const IpAddress& source) = 0;
  virtual void end_allocation(std::string_view user, const IpAddress& source) = 0;
  /// Books an allocation over to another source address; the user and the edge have it already.
  /// Fails with allocation_quota, and nothing has changed then.
  [[nodiscard]] virtual Verdict<void> move_allocation(const IpAddress& from,
                                                      const IpAddress& to) = 0;
  /// How many allocations the whole edge has. Any thread.
  [[nodiscard]] virtual std::size_t allocation_count() const = 0;
  /// The bandwidth of a new allocation that `user` has begun. Unlimited by default.
  [[nodiscard]] virtual BandwidthGrant bandwidth_for(std::string_view /*user*/) { return {}; }
};

}  // namespace avedge
