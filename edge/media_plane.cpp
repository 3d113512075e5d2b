#include "edge/media_plane.h"

#include <chrono>
#include <future>
#include <iterator>

#include "edge/config_translation.h"
#include "edge/metrics.h"
#include "edge/session_log.h"
#include "ice/latching/media_latching.h"

namespace avedge::edge {
namespace {

/// A worker forwards nothing while it copies one slice: a few tens of microseconds.
constexpr std::size_t kAllocationsPerSlice = 128;

UnixSeconds unix_now() {
  return std::chrono::duration_cast<UnixSeconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

/// Of all relayed ports, under both of their names.
std::vector<IpAddress> own_addresses(const std::vector<relay::RelayRange>& ranges) {
  std::vector<IpAddress> addresses;
  for (const relay::RelayRange& range : ranges) {
    addresses.push_back(range.local);
    addresses.push_back(range.advertised);
  }
  return addresses;
}

/// Takes a hash for every user: never on a worker's thread.
turn::SharedRules make_rules(const Config& config) {
  return std::make_shared<const turn::Rules>(turn_settings(config), &unix_now);
}

}  // namespace

Result<std::unique_ptr<MediaPlane>> MediaPlane::open(const Config& config,
                                                     const SharedLocalAddresses& local_addresses) {
  std::unique_ptr<MediaPlane> plane{new MediaPlane{config}};
  const auto settings = data_plane_settings(config);
  if (!settings) return settings.reason();
  const turn::SharedRules rules = make_rules(config);
  const auto own = own_addresses(settings->ranges);
  auto data_plane = relay::DataPlane::open(*settings, [&](const relay::HandlerContext& context) {
    return plane->make_handlers(rules, own, local_addresses, context);
  });
  if (!data_plane) return data_plane.reason();
  plane->data_plane_ = std::move(data_plane).value();
  return plane;
}

MediaPlane::MediaPlane(const Config& config)
    : quota_{allocation_quotas(config), bandwidth_limits(config)} {}

/// The workers' threads have ended when their servers are closed, so no two threads use one server.
void MediaPlane::stop() {
  if (data_plane_ == nullptr) return;
  data_plane_->stop();
  Outcome unsent;  // no worker is left to carry it out; the sockets close with their workers
  for (turn::Server* server : servers_) {
    server->close_all(std::chrono::steady_clock::now(), unsent);
  }
}

relay::Handlers MediaPlane::make_handlers(const turn::SharedRules& rules,
                                          const std::vector<IpAddress>& own_addresses,
                                          const SharedLocalAddresses& local_addresses,
                                          const relay::HandlerContext& context) {
  auto server = std::make_unique<turn::Server>(
      rules, turn::ServerDependencies{context.ports, quota_, context.flows, context.counters, log_,
                                      &context.peers, this, context.worker, local_addresses});
  servers_.push_back(server.get());
  return {std::move(server), std::make_unique<latching::MediaLatching>(
                                 context.flows, context.parties, context.counters, own_addresses)};
}

Result<MediaPlane::Reload> MediaPlane::prepare(const Config& config) {
  Reload reload;
  for (std::size_t i = 0; i < config.turn.listeners.size(); ++i) {
    auto security = listener_security(config, i);
    if (!security) return security.reason();
    reload.security.push_back(std::move(security).value());
  }
  reload.rules = make_rules(config);
  return reload;
}

void MediaPlane::commit(const Reload& reload) {
  for (const relay::ListenerSecurity& security : reload.security) {
    data_plane_->replace_security(security);
  }
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    worker(i).post([server = servers_[i], rules = reload.rules](relay::Worker& own) {
      own.handlers().run([&](Time, Outcome& outcome) { server->reconfigure(rules, outcome); });
    });
  }
}

relay::Worker& MediaPlane::worker(std::size_t index) {
  return data_plane_->worker(WorkerIndex{static_cast<std::uint8_t>(index)});
}

void MediaPlane::post(WorkerIndex index, std::unique_ptr<turn::WorkerTask> task) {
  const auto to = static_cast<std::size_t>(index);
  worker(to).post([server = servers_[to], task = std::move(task)](relay::Worker& worker) {
    worker.handlers().run([&](Time now, Outcome& outcome) { server->run(*task, now, outcome); });
  });
}

void MediaPlane::drain() {
  quota_.refuse_new();
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    worker(i).post([server = servers_[i]](relay::Worker&) { server->drain(); });
  }
}

void MediaPlane::use_local_addresses(const SharedLocalAddresses& addresses) {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    worker(i).post([server = servers_[i], addresses](relay::Worker& own) {
      own.handlers().run(
          [&](Time, Outcome& outcome) { server->set_local_addresses(addresses, outcome); });
    });
  }
}

void MediaPlane::report(MetricSink& sink) const {
  report_workers(sink, data_plane_->counters());
  std::vector<PortUsage> usages;
  for (const auto& address : data_plane_->addresses().all()) {
    usages.push_back({address->range().interface, address->range().local, Transport::udp,
                      address->udp_ports().in_use(), address->udp_ports().size()});
    usages.push_back({address->range().interface, address->range().local, Transport::tcp,
                      address->tcp_ports().in_use(), address->tcp_ports().size()});
  }
  report_ports(sink, usages);
  report_connections(sink, data_plane_->connections().open(),
                     data_plane_->connections().half_open());
}

std::vector<const Drops*> MediaPlane::drops() const {
  std::vector<const Drops*> drops;
  for (const WorkerCounters* counters : data_plane_->counters()) {
    drops.push_back(&counters->drops);
  }
  drops.push_back(&data_plane_->handshake_drops());
  return drops;
}

std::vector<turn::AllocationSnapshot> MediaPlane::allocations() {
  const Time deadline = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  std::vector<turn::AllocationSnapshot> all;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    for (std::optional<std::size_t> from = 0; from;) {
      auto slice = slice_of(i, *from, deadline);
      if (!slice) break;
      std::move(slice->allocations.begin(), slice->allocations.end(), std::back_inserter(all));
      from = slice->next;
    }
  }
  return all;
}

/// Nothing if the worker does not answer in time.
std::optional<turn::AllocationSlice> MediaPlane::slice_of(std::size_t worker_index,
                                                          std::size_t from, Time deadline) {
  std::promise<turn::AllocationSlice> promise;
  auto answer = promise.get_future();
  worker(worker_index)
      .post([server = servers_[worker_index], from,
             promise = std::move(promise)](relay::Worker&) mutable {
        promise.set_value(server->snapshot(from, kAllocationsPerSlice));
      });
  if (answer.wait_until(deadline) != std::future_status::ready) return std::nullopt;
  return answer.get();
}

std::int64_t MediaPlane::allocation_count() const {
  std::int64_t count = 0;
  for (const WorkerCounters* counters : data_plane_->counters()) {
    count += counters->allocations.value();
  }
  return count;
}

}  // namespace avedge::edge
