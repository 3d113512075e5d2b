// Knows the ways out of this host for everybody who writes frames of their own, and tells them when
// a way changes: routes by rtnetlink, on a thread that no packet waits for.
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
#include "relay/egress/kernel_routes.h"
#include "relay/mailbox.h"

namespace avedge::relay {

class Navigator {
 public:
  /// Told on the navigator's thread, at once after watch() and then whenever the answer is another:
  /// nothing means that the kernel has to send, or does not know its neighbour yet.
  using Tell = std::function<void(WorkerIndex, const RouteKey&, const std::optional<NextHop>&)>;

  [[nodiscard]] static Result<std::unique_ptr<Navigator>> open();
  ~Navigator();
  Navigator(const Navigator&) = delete;
  Navigator& operator=(const Navigator&) = delete;

  void start(Tell tell);
  void stop();

  /// Any thread, also before start(); `worker` watches a key once and forgets it once.
  void watch(WorkerIndex worker, const RouteKey& key);
  void forget(WorkerIndex worker, const RouteKey& key);

 private:
  using NeighbourKey = std::pair<int, IpAddress>;  // device, address
  struct Way {
    std::optional<Route> route;
    std::optional<NextHop> hop;
    std::set<WorkerIndex> watchers;
    [[nodiscard]] std::optional<NeighbourKey> neighbour() const;
  };
  struct Neighbour {
    std::uint32_t number = 0;
    std::size_t ways = 0;
  };

  Navigator(KernelRoutes routes, RouteNews news);
  void run();
  void wait();
  void begin_watch(WorkerIndex worker, const RouteKey& key);
  void end_watch(WorkerIndex worker, const RouteKey& key);
  void ask_again_for_everything();
  void ask_again_for(const RouteNews::Neighbour& neighbour);
  void update(const RouteKey& key, Way& way);
  [[nodiscard]] std::optional<NextHop> hop_of(const Way& way);
  [[nodiscard]] const std::optional<Link>& link(int device);
  void join(const std::optional<NeighbourKey>& neighbour);
  void leave(const std::optional<NeighbourKey>& neighbour);

  KernelRoutes routes_;
  RouteNews news_;
  Tell tell_;
  Mailbox<Navigator> mailbox_;
  std::map<RouteKey, Way> ways_;
  std::map<int, std::optional<Link>> links_;
  std::map<NeighbourKey, Neighbour> neighbours_;  // those of the ways
  std::vector<std::uint32_t> free_numbers_;
  Time ask_again_at_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace avedge::relay
