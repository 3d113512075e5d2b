#include "relay/egress/navigator.h"

#include <poll.h>

#include <algorithm>

#include "relay/thread_signals.h"

namespace avedge::relay {
namespace {

/// A routing daemon changes many routes in a row: they are asked for once, when it has paused, or
/// at the latest after this time.
constexpr std::chrono::milliseconds kNewsSettle{100};

}  // namespace

Result<std::unique_ptr<Navigator>> Navigator::open() {
  auto routes = KernelRoutes::open();
  if (!routes) return routes.reason();
  auto news = RouteNews::open();
  if (!news) return news.reason();
  return std::unique_ptr<Navigator>{
      new Navigator{std::move(routes).value(), std::move(news).value()}};
}

Navigator::Navigator(KernelRoutes routes, RouteNews news)
    : routes_{std::move(routes)}, news_{std::move(news)} {}

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
    news_.read({.on_routes =
                    [this] {
                      if (!ask_again_at_) {
                        ask_again_at_ = std::chrono::steady_clock::now() + kNewsSettle;
                      }
                    },
                .on_neighbour = [this](const auto& neighbour) { ask_again_for(neighbour); }});
    if (ask_again_at_ && std::chrono::steady_clock::now() >= *ask_again_at_) {
      ask_again_at_.reset();
      ask_again_for_everything();
    }
  }
}

void Navigator::wait() {
  std::array<pollfd, 2> sources{{{mailbox_.wake_fd(), POLLIN, 0}, {news_.fd(), POLLIN, 0}}};
  poll(sources.data(), sources.size(), ask_again_at_ ? static_cast<int>(kNewsSettle.count()) : -1);
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
  if (entry->second.watchers.empty()) ways_.erase(entry);
}

void Navigator::ask_again_for_everything() {
  links_.clear();
  for (auto& [key, way] : ways_) update(key, way);
}

void Navigator::ask_again_for(const RouteNews::Neighbour& neighbour) {
  if (!neighbours_.contains({neighbour.device, neighbour.address})) return;
  for (auto& [key, way] : ways_) {
    if (way.route && way.route->device == neighbour.device &&
        way.route->neighbour == neighbour.address) {
      update(key, way);
    }
  }
}

void Navigator::update(const RouteKey& key, Way& way) {
  way.route = routes_.route(key);
  const std::optional<NextHop> hop = way.route ? hop_of(*way.route) : std::nullopt;
  if (hop == way.hop) return;
  way.hop = hop;
  for (const WorkerIndex worker : way.watchers) tell_(worker, key, hop);
}

std::optional<NextHop> Navigator::hop_of(const Route& route) {
  const std::optional<Link>& out = link(route.device);
  if (!out) return std::nullopt;
  const NeighbourKey neighbour{route.device, route.neighbour};
  const std::uint32_t number = number_of(neighbour);
  const auto mac = routes_.neighbour(route.device, route.neighbour);
  if (!mac) return std::nullopt;
  const std::uint32_t mtu = route.mtu == 0 ? out->mtu : std::min(route.mtu, out->mtu);
  return NextHop{route.device, out->address, *mac, mtu, number};
}

const std::optional<Link>& Navigator::link(int device) {
  const auto [entry, is_new] = links_.try_emplace(device);
  if (is_new) entry->second = routes_.link(device);
  return entry->second;
}

/// Numbers are never given again: there are no more neighbours than hosts on the link.
std::uint32_t Navigator::number_of(const NeighbourKey& neighbour) {
  return neighbours_.try_emplace(neighbour, static_cast<std::uint32_t>(neighbours_.size()))
      .first->second;
}

}  // namespace avedge::relay
