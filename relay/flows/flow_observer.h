// What follows a worker's flows: told of every edit of the table.
#pragma once

#include "relay/flows/flow_table.h"
#include "relay/flows/socket_table.h"

namespace avedge::relay {

/// The worker's thread only.
class FlowObserver {
 public:
  virtual ~FlowObserver() = default;
  /// The flow was made or changed; its counters stayed. `out`: the socket that it leaves by; null
  /// if there is none.
  virtual void on_upsert(Flow& flow, const Socket* out) = 0;
  /// The flow is about to be erased.
  virtual void on_erase(const Flow& flow) = 0;
};

}  // namespace avedge::relay
