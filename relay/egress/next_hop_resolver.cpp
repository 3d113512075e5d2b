#include "relay/egress/next_hop_resolver.h"

#include <poll.h>

#include <algorithm>

#include "relay/threads/thread_signals.h"

namespace avedge::relay {
namespace {

/// A routing daemon changes many routes in a row: they are asked for once, when it has paused, or
/// at the latest after this time.
constexpr std::chrono::milliseconds kNewsSettle{100};
/// Everything is asked for so often even without news: there is none of a path MTU that the kernel
/// has learnt (RFC 8201).
constexpr std::chrono::seconds kRefresh{10};

}  // namespace

Result<std::unique_ptr<NextHopResolver>> NextHopResolver::open() {
  auto routes = RtNetlinkQueries::open();
  if (!routes) return routes.reason();
  auto news = RtNetlinkMonitor::open(RtNetlinkMonitor::Topics::routes_and_neighbours);
  if (!news) return news.reason();
  return std::unique_ptr<NextHopResolver>{
      new NextHopResolver{std::move(routes).value(), std::move(news).value()}};
}

NextHopResolver::NextHopResolver(RtNetlinkQueries routes, RtNetlinkMonitor news)
    : queries_{std::move(routes)},
      monitor_{std::move(news)},
      refresh_at_{std::chrono::steady_clock::now() + kRefresh} {}

NextHopResolver::~NextHopResolver() {
  stop();
}

void NextHopResolver::start(OnChange on_change) {
  on_change_ = std::move(on_change);
  thread_ = std::thread{[this] { run(); }};
}

void NextHopResolver::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_relaxed);
  mailbox_.post([](NextHopResolver&) {});
  thread_.join();
}

void NextHopResolver::watch(WorkerIndex worker, const RouteKey& key) {
  mailbox_.post([worker, key](NextHopResolver& resolver) { resolver.begin_watch(worker, key); });
}

void NextHopResolver::forget(WorkerIndex worker, const RouteKey& key) {
  mailbox_.post([worker, key](NextHopResolver& resolver) { resolver.end_watch(worker, key); });
}

void NextHopResolver::run() {
  block_signals_on_this_thread();
  while (!stopping_.load(std::memory_order_relaxed)) {
    wait();
    mailbox_.drain(*this);
    const Time now = std::chrono::steady_clock::now();
    monitor_.read({.on_routes = [&] { refresh_at_ = std::min(refresh_at_, now + kNewsSettle); },
                   .on_neighbour = [this](const auto& neighbour) { refresh(neighbour); }});
    if (now < refresh_at_) continue;
    refresh_at_ = now + kRefresh;
    refresh_all();
  }
}

void NextHopResolver::wait() {
  std::array<pollfd, 2> sources{{{mailbox_.wake_fd(), POLLIN, 0}, {monitor_.fd(), POLLIN, 0}}};
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(refresh_at_ - std::chrono::steady_clock::now());
  poll(sources.data(), sources.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
}

void NextHopResolver::begin_watch(WorkerIndex worker, const RouteKey& key) {
  const auto [entry, is_new] = resolved_.try_emplace(key);
  ResolvedRoute& resolved = entry->second;
  resolved.watchers.insert(worker);
  if (is_new) {
    update(key, resolved);
    if (resolved.hop) return;  // update() has notified all workers
  }
  on_change_(worker, key, resolved.hop);
}

void NextHopResolver::end_watch(WorkerIndex worker, const RouteKey& key) {
  const auto entry = resolved_.find(key);
  if (entry == resolved_.end()) return;
  entry->second.watchers.erase(worker);
  if (!entry->second.watchers.empty()) return;
  leave(entry->second.neighbour());
  resolved_.erase(entry);
}

void NextHopResolver::refresh_all() {
  links_.clear();
  for (auto& [key, resolved] : resolved_) update(key, resolved);
}

void NextHopResolver::refresh(const RtNetlinkMonitor::Neighbour& neighbour) {
  if (!neighbours_.contains({neighbour.device, neighbour.address})) return;
  for (auto& [key, resolved] : resolved_) {
    if (resolved.neighbour() == NeighbourKey{neighbour.device, neighbour.address})
      update(key, resolved);
  }
}

void NextHopResolver::update(const RouteKey& key, ResolvedRoute& resolved) {
  const auto before = resolved.neighbour();
  resolved.route = queries_.route(key);
  join(resolved.neighbour());
  leave(before);
  const std::optional<NextHop> hop = hop_of(resolved);
  if (hop == resolved.hop) return;
  resolved.hop = hop;
  for (const WorkerIndex worker : resolved.watchers) on_change_(worker, key, hop);
}

std::optional<NextHop> NextHopResolver::hop_of(const ResolvedRoute& resolved) {
  if (!resolved.route) return std::nullopt;
  const Route& route = *resolved.route;
  const std::optional<Link>& out = link(route.device);
  const auto mac = queries_.neighbour(route.device, route.neighbour);
  if (!out || !mac) return std::nullopt;
  const std::uint32_t mtu = route.mtu == 0 ? out->mtu : std::min(route.mtu, out->mtu);
  return NextHop{route.device, out->address, *mac, mtu,
                 neighbours_.at(*resolved.neighbour()).number};
}

const std::optional<Link>& NextHopResolver::link(int device) {
  const auto [entry, is_new] = links_.try_emplace(device);
  if (is_new) entry->second = queries_.link(device);
  return entry->second;
}

auto NextHopResolver::ResolvedRoute::neighbour() const -> std::optional<NeighbourKey> {
  if (!route) return std::nullopt;
  return NeighbourKey{route->device, route->neighbour};
}

/// The numbers in use and the free ones are together those from 0 on without a gap.
void NextHopResolver::join(const std::optional<NeighbourKey>& neighbour) {
  if (!neighbour) return;
  const auto [entry, is_new] = neighbours_.try_emplace(*neighbour);
  if (is_new && free_numbers_.empty()) {
    entry->second.number = static_cast<std::uint32_t>(neighbours_.size() - 1);
  } else if (is_new) {
    entry->second.number = free_numbers_.back();
    free_numbers_.pop_back();
  }
  ++entry->second.routes;
}

void NextHopResolver::leave(const std::optional<NeighbourKey>& neighbour) {
  if (!neighbour) return;
  const auto entry = neighbours_.find(*neighbour);
  if (--entry->second.routes > 0) return;
  free_numbers_.push_back(entry->second.number);
  neighbours_.erase(entry);
}

}  // namespace avedge::relay
