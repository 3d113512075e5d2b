// The interfaces that a server requires.
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

/// A task for the server of another worker, on that worker's thread (Server::run()). Destroying an
/// unrun task abandons its contents.
class WorkerTask {
 public:
  virtual ~WorkerTask() = default;
  virtual void run(ServerState& server, Time now, Outcome& outcome) = 0;
};

/// The servers of the other workers.
class OtherWorkers {
 public:
  virtual ~OtherWorkers() = default;
  /// Number of workers; their indices count from 0.
  [[nodiscard]] virtual std::size_t worker_count() const = 0;
  /// Runs `task` there soon, after everything that this thread posted before, and after the current
  /// message's decisions have been carried out. `worker` may be this worker.
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
