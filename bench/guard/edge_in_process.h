// The data plane with TURN on it and one worker, put together as the daemon does it, and a load
// that reaches it in rounds of the same size each time.
#pragma once

#include <string>
#include <vector>

#include "bench/guard/counting.h"
#include "bench/load/turn_client.h"
#include "ice/turn/server.h"
#include "relay/ports/shared_allocation_quota.h"
#include "relay/worker/data_plane.h"

namespace avedge::bench::guard {

/// Datagrams that arrive together: one wake-up of the worker.
using Round = std::vector<Datagram>;

struct Load {
  std::vector<Round> rounds;
  /// An operation may take several: a request and its counterpart.
  std::size_t datagrams_per_operation = 1;
};

/// How datagrams arrive and leave.
struct Ways {
  Ingress in = Ingress::sockets;
  Egress out = Egress::sockets;
};

/// Takes ports of 127.0.0.1 and the whole attention of its network namespace.
class EdgeInProcess : private turn::AllocationObserver {
 public:
  /// Rounds at the beginning of each load that do not count: memory grows, caches of routes fill.
  static constexpr std::size_t kWarmUp = 2;

  /// Relayed addresses are those of `relayed`. Throws std::runtime_error.
  EdgeInProcess(const Ways& ways, const IpAddress& relayed);

  [[nodiscard]] static Endpoint listener();
  [[nodiscard]] SessionControl& session_control() { return *plane_; }
  [[nodiscard]] const WorkerCounters& counters() const { return *plane_->counters().front(); }
  /// A client at 127.0.0.1 with a nonce and without an allocation.
  [[nodiscard]] TurnClient new_client() const;

  /// Has the worker serve `load`, and counts. Throws std::runtime_error if it did not get all of
  /// it.
  void measure(const char* path, const Load& load);
  /// The same for a single round, and nothing counts.
  void serve(const Round& round);

 private:
  relay::Handlers make_handlers(const relay::HandlerContext& context,
                                const turn::SharedRules& rules, const IpAddress& relayed);
  void on_opened(const turn::AllocationInfo&) override {}
  void on_closed(const turn::AllocationInfo&, turn::CloseReason, const turn::Traffic&,
                 Duration) override {}
  void on_own_address_refused(const turn::AllocationInfo&, const Endpoint&) override {}

  relay::SharedAllocationQuota quota_{{}};
  std::unique_ptr<relay::DataPlane> plane_;
};

}  // namespace avedge::bench::guard
