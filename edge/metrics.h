// /metrics: what the edge tells Prometheus. Metric names and labels are a contract with other
// people's dashboards: add to them, never rename them.
#pragma once

#include <prometheus/collectable.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "edge/metric_sink.h"
#include "relay/core/counters.h"

namespace avedge::edge {

/// Everything that is exported, gathered at the moment of the scrape. Add the sources first, then
/// scrape from one thread at a time.
class Metrics final : public prometheus::Collectable {
 public:
  using Source = std::function<void(MetricSink&)>;

  /// Called at each scrape, on the thread that scrapes; whatever it refers to lives as long as
  /// this object.
  void add_source(Source source) { sources_.push_back(std::move(source)); }

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
  /// Prometheus' text format, version 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Source> sources_;
};

/// How many ports of a relay range are leased, on one address, for "udp" or "tcp".
struct PortUsage {
  std::string interface;
  IpAddress address;
  Transport protocol = Transport::udp;
  std::size_t in_use = 0;
  std::size_t capacity = 0;
};

/// avedge_build_info{version,commit} = 1
void report_build(MetricSink& sink);
/// The sums over all workers: allocations, packets, bytes, flows, sockets. Every label value is
/// there from the start, so that rates begin at zero.
void report_workers(MetricSink& sink, std::span<const WorkerCounters* const> workers);
/// avedge_drops_total{reason}: the sums over workers and signalling. Every reason is present from
/// the start.
void report_drops(MetricSink& sink, std::span<const Drops* const> counted);
/// avedge_ports_in_use and avedge_ports_capacity, {interface,address,protocol}
void report_ports(MetricSink& sink, std::span<const PortUsage> usages);
/// avedge_client_connections{state}: TCP and TLS connections and DTLS sessions; half_open are those
/// that have shown no credentials yet.
void report_connections(MetricSink& sink, std::size_t open, std::size_t half_open);
/// avedge_media_sessions and avedge_media_sessions_opened_total: anchored calls.
void report_media_sessions(MetricSink& sink, std::uint64_t open, std::uint64_t opened_total);
/// avedge_local_connections_evicted_total{service}: slow clients of [metrics] and of the admin
/// socket that had to make room.
void report_local_evictions(MetricSink& sink, std::uint64_t http, std::uint64_t admin);
/// avedge_process_*: memory, descriptors and their limit, processor time, start time; what /proc
/// does not tell is left out. And avedge_log_lines_lost_total.
void report_process(MetricSink& sink);

}  // namespace avedge::edge
