#include "edge/sip_trace.h"

#include "edge/log.h"
#include "edge/trace/collector_sink.h"
#include "edge/trace/file_sink.h"

namespace avedge::edge {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;

constexpr std::array<std::string_view, kSinkKindCount> kSinkLabels{"file", "collector"};
std::string_view label(SinkKind kind) {
  return kSinkLabels[static_cast<std::size_t>(kind)];
}

Result<std::vector<std::unique_ptr<Sink>>> open_sinks(const TraceConfig& config) {
  std::vector<std::unique_ptr<Sink>> sinks;
  if (!config.file.empty()) {
    auto file = RotatingFile::open(config.file, {config.file_size * kMebibyte, config.files});
    if (!file) return file.reason().in("trace");
    sinks.push_back(std::make_unique<FileSink>(*std::move(file)));
  }
  if (config.hep_collector) {
    auto sink =
        CollectorSink::open(*config.hep_collector, {config.hep_capture_id, config.hep_password});
    if (!sink) return sink.reason().in("trace");
    sinks.push_back(*std::move(sink));
  }
  return sinks;
}

void report_trouble(SinkKind sink, const std::string& problem) {
  log_warning("trace not written", {{"to", label(sink)}, {"reason", problem}});
}

bool is_keep_alive(std::string_view message) {
  return message.find_first_not_of("\r\n") == std::string_view::npos;
}

}  // namespace

Result<std::unique_ptr<SipTrace>> SipTrace::open(const Config& config) {
  if (!config.sip.trace) return std::unique_ptr<SipTrace>{};
  auto sinks = open_sinks(config.trace);
  if (!sinks) return sinks.reason();
  return std::unique_ptr<SipTrace>{new SipTrace{*std::move(sinks), config.trace}};
}

SipTrace::SipTrace(std::vector<std::unique_ptr<Sink>> sinks, const TraceConfig& config)
    : recorder_{std::move(sinks), config.mask ? Secrets::masked : Secrets::shown, counters_,
                report_trouble} {}

void SipTrace::on_received(const sip::Listener& by, const sip::SipFlow& from,
                           std::string_view message) {
  record(trace::Direction::incoming, by, from, message);
}

void SipTrace::on_sent(const sip::Listener& by, const sip::SipFlow& to, std::string_view message) {
  record(trace::Direction::outgoing, by, to, message);
}

void SipTrace::record(trace::Direction direction, const sip::Listener& by, const sip::SipFlow& peer,
                      std::string_view message) {
  if (is_keep_alive(message)) return;
  trace::Message recorded;
  recorded.time = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  recorded.direction = direction;
  recorded.transport = peer.transport;
  recorded.peer = peer.remote;
  recorded.local = by.local;
  recorded.interface = by.interface;
  recorded.text = message;
  recorder_.record(std::move(recorded));
}

void SipTrace::report(MetricSink& sink) const {
  sink.counter("avedge_sip_trace_messages_total", "SIP messages that went to the trace.", {},
               static_cast<double>(counters_.recorded.value()));
  const auto lost = [&](std::string_view reason, const Counter& counter) {
    sink.counter(
        "avedge_sip_trace_lost_total",
        "SIP messages missing in the trace: it could not keep up, or could not be written.",
        {{"reason", reason}}, static_cast<double>(counter.value()));
  };
  lost("queue_full", counters_.queue_full);
  for (std::size_t i = 0; i < kSinkKindCount; ++i) lost(kSinkLabels[i], counters_.failed[i]);
}

}  // namespace avedge::edge
