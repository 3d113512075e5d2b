// What a server asks and tells while it works.
#pragma once

#include <memory>

#include "ice/turn/observer.h"
#include "relay/core/allocation_quota.h"
#include "relay/core/counters.h"
#include "relay/core/local_addresses.h"
#include "relay/core/peer_connections.h"
#include "relay/core/relay_ports.h"
#include "relay/core/slow_path.h"

namespace avedge::turn {

struct ServerState;

/// Something to do for the server of another worker, on that worker's thread (Server::run()). What
/// an task carries is given up if it is destroyed without having been run.
class WorkerTask {
 public:
  virtual ~WorkerTask() = default;
  virtual void run(ServerState& server, Time now, Outcome& outcome) = 0;
};

/// The servers of the other workers.
class OtherWorkers {
 public:
  virtual ~OtherWorkers() = default;
  /// How many workers there are; their indices count from 0.
  [[nodiscard]] virtual std::size_t worker_count() const = 0;
  /// Has `task` run there soon, after everything that was posted before by this thread, and after
  /// what the current message decided has been carried out. `worker` may be one's own.
  virtual void post(WorkerIndex worker, std::unique_ptr<WorkerTask> task) = 0;
};

/// All outlive the server; all but the quota, the observer and the other workers belong to its
/// worker.
struct ServerDependencies {
  RelayPorts& ports;
  AllocationQuota& quota;
  const FlowReader& flows;
  WorkerCounters& counters;
  AllocationObserver& observer;
  /// Null: there are none, and TCP allocations are refused whatever the settings say.
  PeerConnections* peer_connections = nullptr;
  /// Null: this is the only worker.
  OtherWorkers* other_workers = nullptr;
  WorkerIndex worker{};
  /// Never null.
  SharedLocalAddresses local_addresses = std::make_shared<const LocalAddresses>();
};

}  // namespace avedge::turn
