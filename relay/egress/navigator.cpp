#include "relay/egress/navigator.h"

#include <poll.h>

#include <algorithm>

#include "relay/thread_signals.h"

namespace avedge::relay {
namespace {

/// A routing daemon changes many routes in a row: they are asked for once, when it has paused, or
/// at the latest after this time.
constexpr std::chrono::milliseconds kNewsSettle{100};
/// Everything is asked for so often even without news: there is none of a path MTU that the kernel
/// has learnt (RFC 8201).
constexpr std::chrono::seconds kRefresh{10};

}  // namespace

Result<std::unique_ptr<Navigator>> Navigator::open() {
  auto routes = KernelRoutes::open();
  if (!routes) return routes.reason();
  auto news = RouteNews::open(RouteNews::Topics::routes_and_neighbours);
  if (!news) return news.reason();
  return std::unique_ptr<Navigator>{
      new Navigator{std::move(routes).value(), std::move(news).value()}};
}

Navigator::Navigator(KernelRoutes routes, RouteNews news)
    : routes_{std::move(routes)},
      news_{std::move(news)},
      ask_again_at_{std::chrono::steady_clock::now() + kRefresh} {}

Navigator::~Navigator() {
  stop();
}

void Navigator::start(Tell tell) {
  tell_ = std::move(tell);
  thread_ = std::thread{[this] { run(); }};
}

void Navigator::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  mailbox_.post([](Navigator&) {});
  thread_.join();
}

void Navigator::watch(WorkerIndex worker, const RouteKey& key) {
  mailbox_.post([worker, key](Navigator& navigator) { navigator.begin_watch(worker, key); });
}

void Navigator::forget(WorkerIndex worker, const RouteKey& key) {
  mailbox_.post([worker, key](Navigator& navigator) { navigator.end_watch(worker, key); });
}

void Navigator::run() {
  block_signals_on_this_thread();
  while (!stopping_.load(std::memory_order_relaxed)) {
    wait();
    mailbox_.drain(*this);
    const Time now = std::chrono::steady_clock::now();
    news_.read({.on_routes = [&] { ask_again_at_ = std::min(ask_again_at_, now + kNewsSettle); },
                .on_neighbour = [this](const auto& neighbour) { ask_again_for(neighbour); }});
    if (now < ask_again_at_) continue;
    ask_again_at_ = now + kRefresh;
    ask_again_for_everything();
  }
}

void Navigator::wait() {
  std::array<pollfd, 2> sources{{{mailbox_.wake_fd(), POLLIN, 0}, {news_.fd(), POLLIN, 0}}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(ask_again_at_ -
                                                                 std::chrono::steady_clock::now());
  poll(sources.data(), sources.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
}

void Navigator::begin_watch(WorkerIndex worker, const RouteKey& key) {
  const auto [entry, is_new] = ways_.try_emplace(key);
  Way& way = entry->second;
  way.watchers.insert(worker);
  if (is_new) {
    update(key, way);
    if (way.hop) return;  // update() has told everybody
  }
  tell_(worker, key, way.hop);
}

void Navigator::end_watch(WorkerIndex worker, const RouteKey& key) {
  const auto entry = ways_.find(key);
  if (entry == ways_.end()) return;
  entry->second.watchers.erase(worker);
  if (!entry->second.watchers.empty()) return;
  leave(entry->second.neighbour());
  ways_.erase(entry);
}

void Navigator::ask_again_for_everything() {
  links_.clear();
  for (auto& [key, way] : ways_) update(key, way);
}

void Navigator::ask_again_for(const RouteNews::Neighbour& neighbour) {
  if (!neighbours_.contains({neighbour.device, neighbour.address})) return;
  for (auto& [key, way] : ways_) {
    if (way.neighbour() == NeighbourKey{neighbour.device, neighbour.address}) update(key, way);
  }
}

void Navigator::update(const RouteKey& key, Way& way) {
  const auto before = way.neighbour();
  way.route = routes_.route(key);
  join(way.neighbour());
  leave(before);
  const std::optional<NextHop> hop = hop_of(way);
  if (hop == way.hop) return;
  way.hop = hop;
  for (const WorkerIndex worker : way.watchers) tell_(worker, key, hop);
}

std::optional<NextHop> Navigator::hop_of(const Way& way) {
  if (!way.route) return std::nullopt;
  const Route& route = *way.route;
  const std::optional<Link>& out = link(route.device);
  const auto mac = routes_.neighbour(route.device, route.neighbour);
  if (!out || !mac) return std::nullopt;
  const std::uint32_t mtu = route.mtu == 0 ? out->mtu : std::min(route.mtu, out->mtu);
  return NextHop{route.device, out->address, *mac, mtu, neighbours_.at(*way.neighbour()).number};
}

const std::optional<Link>& Navigator::link(int device) {
  const auto [entry, is_new] = links_.try_emplace(device);
  if (is_new) entry->second = routes_.link(device);
  return entry->second;
}

auto Navigator::Way::neighbour() const -> std::optional<NeighbourKey> {
  if (!route) return std::nullopt;
  return NeighbourKey{route->device, route->neighbour};
}

/// The numbers in use and the free ones are together those from 0 on without a gap.
void Navigator::join(const std::optional<NeighbourKey>& neighbour) {
  if (!neighbour) return;
  const auto [entry, is_new] = neighbours_.try_emplace(*neighbour);
  if (is_new && free_numbers_.empty()) {
    entry->second.number = static_cast<std::uint32_t>(neighbours_.size() - 1);
  } else if (is_new) {
    entry->second.number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  ++entry->second.ways;
}

void Navigator::leave(const std::optional<NeighbourKey>& neighbour) {
  if (!neighbour) return;
  const auto entry = neighbours_.find(*neighbour);
  if (--entry->second.ways > 0) return;
  free_numbers_.push_back(entry->second.number);
  neighbours_.erase(entry);
}

}  // namespace avedge::relay
