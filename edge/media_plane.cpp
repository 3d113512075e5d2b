#include "edge/media_plane.h"

#include <chrono>
#include <future>

#include "edge/metrics.h"
#include "edge/settings_of.h"
#include "ice/latching/anchor_latching.h"

namespace avedge::edge {
namespace {

UnixSeconds unix_now() {
  return std::chrono::duration_cast<UnixSeconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

nlohmann::json describe(const turn::AllocationInfo& allocation, Duration left) {
  return {{"user", allocation.user},
          {"client", allocation.five_tuple.client.endpoint.to_string()},
          {"transport", to_string(allocation.five_tuple.transport)},
          {"relayed", allocation.relayed.to_string()},
          {"expires_in", std::chrono::duration_cast<std::chrono::seconds>(left).count()}};
}

nlohmann::json describe_all(const turn::Server& server) {
  const Time now = std::chrono::steady_clock::now();
  nlohmann::json rows = nlohmann::json::array();
  server.for_each_allocation([&](const turn::AllocationInfo& allocation, Time expires) {
    rows.push_back(describe(allocation, expires - now));
  });
  return rows;
}

}  // namespace

Result<std::unique_ptr<MediaPlane>> MediaPlane::open(const Config& config) {
  std::unique_ptr<MediaPlane> plane{new MediaPlane{config}};
  const turn::Settings turn = turn_settings(config);
  const auto settings = data_plane_settings(config);
  if (!settings) return settings.reason();
  auto data_plane = relay::DataPlane::open(
      *settings,
      [&](const relay::HandlerSurroundings& around) { return plane->make_handlers(turn, around); });
  if (!data_plane) return data_plane.reason();
  plane->data_plane_ = std::move(data_plane).value();
  return plane;
}

MediaPlane::MediaPlane(const Config& config)
    : ledger_{allocation_quotas(config), bandwidth_limits(config)} {}

/// The workers' threads are gone when their servers are told, so no two threads ever meet in one.
void MediaPlane::stop() {
  if (data_plane_ == nullptr) return;
  data_plane_->stop();
  Outcome unsent;  // nobody is left to carry it out; the sockets close with their workers
  for (turn::Server* server : servers_) {
    server->close_all(std::chrono::steady_clock::now(), unsent);
  }
}

relay::Handlers MediaPlane::make_handlers(const turn::Settings& settings,
                                          const relay::HandlerSurroundings& around) {
  auto server = std::make_unique<turn::Server>(
      settings,
      turn::Surroundings{around.ports, ledger_, around.flows, around.counters, log_, &unix_now});
  servers_.push_back(server.get());
  return {std::move(server),
          std::make_unique<latching::AnchorLatching>(around.flows, around.counters)};
}

Result<void> MediaPlane::replace_certificates(const Config& config) {
  std::vector<relay::ListenerSecurity> fresh;
  for (std::size_t i = 0; i < config.turn.listeners.size(); ++i) {
    auto security = listener_security(config, i);
    if (!security) return security.reason();
    fresh.push_back(std::move(security).value());
  }
  for (const relay::ListenerSecurity& security : fresh) data_plane_->replace_security(security);
  return {};
}

void MediaPlane::reconfigure(const Config& config) {
  const turn::Settings settings = turn_settings(config);
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    data_plane_->worker(WorkerId{static_cast<std::uint32_t>(i)})
        .post([server = servers_[i], settings](relay::Worker&) { server->reconfigure(settings); });
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
  drops.push_back(&data_plane_->door_drops());
  return drops;
}

nlohmann::json MediaPlane::allocations() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  std::vector<std::future<nlohmann::json>> answers;
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    std::promise<nlohmann::json> promise;
    answers.push_back(promise.get_future());
    data_plane_->worker(WorkerId{static_cast<std::uint32_t>(i)})
        .post([server = servers_[i], answer = std::move(promise)](relay::Worker&) mutable {
          answer.set_value(describe_all(*server));
        });
  }
  nlohmann::json all = nlohmann::json::array();
  for (auto& answer : answers) {
    if (answer.wait_until(deadline) != std::future_status::ready) continue;
    for (auto& row : answer.get()) all.push_back(std::move(row));
  }
  return all;
}

std::int64_t MediaPlane::allocation_count() const {
  std::int64_t count = 0;
  for (const WorkerCounters* counters : data_plane_->counters()) {
    count += counters->allocations.value();
  }
  return count;
}

}  // namespace avedge::edge
