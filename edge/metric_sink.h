// Where a scrape collects its samples. Sources are asked when somebody looks, so nothing is
// counted twice and the data plane never hears of Prometheus.
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avedge::edge {

/// Label values must come from a fixed set or from the configuration, never from the network:
/// each new value is a new time series.
using MetricLabel = std::pair<std::string_view, std::string_view>;
using MetricLabels = std::initializer_list<MetricLabel>;

class MetricSink {
 public:
  /// Only ever grows; `name` ends in _total.
  void counter(std::string_view name, std::string_view help, MetricLabels labels, double value);
  void gauge(std::string_view name, std::string_view help, MetricLabels labels, double value);

  /// Samples of one name make up one family, in the order of first mention.
  [[nodiscard]] std::vector<prometheus::MetricFamily> take() { return std::move(families_); }

 private:
  prometheus::ClientMetric& sample(std::string_view name, std::string_view help,
                                   prometheus::MetricType type, MetricLabels labels);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace avedge::edge
