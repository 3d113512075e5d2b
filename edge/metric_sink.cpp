#include "edge/metric_sink.h"

#include <algorithm>

namespace avedge::edge {

void MetricSink::counter(std::string_view name, std::string_view help, MetricLabels labels,
                         double value) {
  sample(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
}

void MetricSink::gauge(std::string_view name, std::string_view help, MetricLabels labels,
                       double value) {
  sample(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

prometheus::ClientMetric& MetricSink::sample(std::string_view name, std::string_view help,
                                             prometheus::MetricType type, MetricLabels labels) {
  auto family = std::find_if(families_.rbegin(), families_.rend(),
                             [name](const auto& known) { return known.name == name; });
  if (family == families_.rend()) {
    families_.push_back({std::string{name}, std::string{help}, type, {}});
    family = families_.rbegin();
  }
  prometheus::ClientMetric& metric = family->metric.emplace_back();
  for (const auto& [label, value] : labels) {
    metric.label.push_back({std::string{label}, std::string{value}});
  }
  return metric;
}

}  // namespace avedge::edge
