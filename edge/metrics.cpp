#include "edge/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>

#include "edge/build_info.h"

namespace avedge::edge {
namespace {

using Workers = std::span<const WorkerCounters* const>;

template <class Read>
double sum(Workers workers, Read read) {
  double total = 0;
  for (const WorkerCounters* worker : workers) total += static_cast<double>(read(*worker));
  return total;
}

void report_traffic(MetricSink& sink, Workers workers) {
  for (std::size_t i = 0; i < kDirectionLabels.size(); ++i) {
    sink.counter("avedge_packets_total", "Media packets forwarded.",
                 {{"direction", kDirectionLabels[i]}},
                 sum(workers, [i](const auto& w) { return w.packets[i].value(); }));
  }
  for (std::size_t i = 0; i < kDirectionLabels.size(); ++i) {
    sink.counter("avedge_bytes_total", "Bytes of media payload forwarded, without TURN framing.",
                 {{"direction", kDirectionLabels[i]}},
                 sum(workers, [i](const auto& w) { return w.bytes[i].value(); }));
  }
}

void report_latches(MetricSink& sink, Workers workers) {
  for (std::size_t i = 0; i < kLatchKindLabels.size(); ++i) {
    sink.counter("avedge_latches_total", "Sources of anchored media that became known, by kind.",
                 {{"kind", kLatchKindLabels[i]}},
                 sum(workers, [i](const auto& w) { return w.latches[i].value(); }));
  }
}

}  // namespace

std::vector<prometheus::MetricFamily> Metrics::Collect() const {
  MetricSink sink;
  for (const Source& source : sources_) source(sink);
  return sink.take();
}

std::string Metrics::text() const {
  return prometheus::TextSerializer{}.Serialize(Collect());
}

void report_build(MetricSink& sink) {
  sink.gauge("avedge_build_info", "What this program was built from.",
             {{"version", kVersion}, {"commit", kCommit}}, 1);
}

void report_workers(MetricSink& sink, Workers workers) {
  sink.gauge("avedge_workers", "Threads that forward media.", {},
             static_cast<double>(workers.size()));
  sink.gauge("avedge_allocations", "TURN allocations that are open.", {},
             sum(workers, [](const auto& w) { return w.allocations.value(); }));
  sink.counter("avedge_allocations_opened_total", "TURN allocations ever opened.", {},
               sum(workers, [](const auto& w) { return w.allocations_opened.value(); }));
  sink.counter("avedge_fanned_in_total", "Datagrams that arrived by fan-in.", {},
               sum(workers, [](const auto& w) { return w.fanned_in.value(); }));
  sink.counter("avedge_receive_queue_overflows_total",
               "Datagrams dropped by the kernel before a worker came to take them.", {},
               sum(workers, [](const auto& w) { return w.queue_overflows.value(); }));
  sink.counter("avedge_frames_sent_total", "Relayed datagrams that left as frames of our own.", {},
               sum(workers, [](const auto& w) { return w.frames_sent.value(); }));
  sink.counter("avedge_stun_requests_total", "STUN and TURN requests that were well formed.", {},
               sum(workers, [](const auto& w) { return w.stun_requests.value(); }));
  report_traffic(sink, workers);
  sink.gauge("avedge_flows", "Entries of the flow tables.", {},
             sum(workers, [](const auto& w) { return w.flows.value(); }));
  sink.gauge("avedge_sockets", "Sockets that workers own.", {},
             sum(workers, [](const auto& w) { return w.sockets.value(); }));
  sink.gauge("avedge_stream_paths", "Components of anchored calls that may run over TCP.", {},
             sum(workers, [](const auto& w) { return w.stream_paths.value(); }));
  report_latches(sink, workers);
  sink.gauge("avedge_media_paths", "Stream components (RTP or RTCP) of anchored calls.", {},
             sum(workers, [](const auto& w) { return w.media_paths.value(); }));
}

void report_drops(MetricSink& sink, std::span<const Drops* const> counted) {
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    double total = 0;
    for (const Drops* drops : counted) {
      total += static_cast<double>(drops->by_reason[i].value());
    }
    sink.counter("avedge_drops_total", "Packets and messages that went no further, by reason.",
                 {{"reason", kDropReasonLabels[i]}}, total);
  }
}

void report_ports(MetricSink& sink, std::span<const PortUsage> usages) {
  for (const PortUsage& usage : usages) {
    const std::string address = usage.address.to_string();
    const MetricLabels labels{{"interface", usage.interface},
                              {"address", address},
                              {"protocol", to_string(usage.protocol)}};
    sink.gauge("avedge_ports_in_use", "Relay ports that are leased.", labels,
               static_cast<double>(usage.in_use));
    sink.gauge("avedge_ports_capacity", "Relay ports that the configuration provides.", labels,
               static_cast<double>(usage.capacity));
  }
}

void report_connections(MetricSink& sink, std::size_t open, std::size_t half_open) {
  constexpr const char* kHelp = "TCP and TLS connections and DTLS sessions of TURN clients.";
  sink.gauge("avedge_client_connections", kHelp, {{"state", "half_open"}},
             static_cast<double>(half_open));
  sink.gauge("avedge_client_connections", kHelp, {{"state", "settled"}},
             static_cast<double>(open - std::min(open, half_open)));
}

void report_local_evictions(MetricSink& sink, std::uint64_t http, std::uint64_t admin) {
  constexpr const char* kName = "avedge_local_connections_evicted_total";
  constexpr const char* kHelp = "Slow connections closed to make room for others.";
  sink.counter(kName, kHelp, {{"service", "http"}}, static_cast<double>(http));
  sink.counter(kName, kHelp, {{"service", "admin"}}, static_cast<double>(admin));
}

void report_media_sessions(MetricSink& sink, std::uint64_t open, std::uint64_t opened_total) {
  sink.gauge("avedge_media_sessions", "Anchored calls that are open.", {},
             static_cast<double>(open));
  sink.counter("avedge_media_sessions_opened_total", "Calls ever anchored.", {},
               static_cast<double>(opened_total));
}

}  // namespace avedge::edge
