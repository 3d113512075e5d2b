// Knows the routes out of this host for all frame senders, and notifies them when a route changes:
// uses rtnetlink, on a thread that no packet waits for.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "relay/core/clock.h"
#include "relay/core/result.h"
#include "relay/core/slow_path.h"
#include "relay/host/rtnetlink.h"
#include "relay/threads/mailbox.h"

namespace avedge::relay {

class NextHopResolver {
 public:
  /// Called on the resolver's thread, at once after watch() and then on each change: nothing means
  /// that the kernel has to send, or does not know its neighbour yet.
  using OnChange = std::function<void(WorkerIndex, const RouteKey&, const std::optional<NextHop>&)>;

  [[nodiscard]] static Result<std::unique_ptr<NextHopResolver>> open();
  ~NextHopResolver();
  NextHopResolver(const NextHopResolver&) = delete;
  NextHopResolver& operator=(const NextHopResolver&) = delete;

  void start(OnChange on_change);
  void stop();

  /// Any thread, also before start(); `worker` watches a key once and forgets it once.
  void watch(WorkerIndex worker, const RouteKey& key);
  void forget(WorkerIndex worker, const RouteKey& key);

 private:
  using NeighbourKey = std::pair<int, IpAddress>;  // device, address
  struct ResolvedRoute {
    std::optional<Route> route;
    std::optional<NextHop> hop;
    std::set<WorkerIndex> watchers;
    [[nodiscard]] std::optional<NeighbourKey> neighbour() const;
  };
  struct Neighbour {
    std::uint32_t number = 0;
    std::size_t routes = 0;
  };

  NextHopResolver(RtNetlinkQueries routes, RtNetlinkMonitor news);
  void run();
  void wait();
  void begin_watch(WorkerIndex worker, const RouteKey& key);
  void end_watch(WorkerIndex worker, const RouteKey& key);
  void refresh_all();
  void refresh(const RtNetlinkMonitor::Neighbour& neighbour);
  void update(const RouteKey& key, ResolvedRoute& resolved);
  [[nodiscard]] std::optional<NextHop> hop_of(const ResolvedRoute& resolved);
  [[nodiscard]] const std::optional<Link>& link(int device);
  void join(const std::optional<NeighbourKey>& neighbour);
  void leave(const std::optional<NeighbourKey>& neighbour);

  RtNetlinkQueries queries_;
  RtNetlinkMonitor monitor_;
  OnChange on_change_;
  Mailbox<NextHopResolver> mailbox_;
  std::map<RouteKey, ResolvedRoute> resolved_;
  std::map<int, std::optional<Link>> links_;
  std::map<NeighbourKey, Neighbour> neighbours_;  // those of the routes
  std::vector<std::uint32_t> free_numbers_;
  Time refresh_at_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace avedge::relay
