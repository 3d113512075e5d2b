#include "edge/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

namespace avedge::edge {
namespace {

using testing::HasSubstr;

class MetricsText : public testing::Test {
 protected:
  MetricsText() {
    metrics_.add_source(report_build);
    metrics_.add_source([this](MetricSink& sink) { report_workers(sink, pointers_); });
    metrics_.add_source([this](MetricSink& sink) {
      const std::array<const Drops*, 3> drops{&workers_[0].drops, &workers_[1].drops, &signalling_};
      report_drops(sink, drops);
    });
    metrics_.add_source([](MetricSink& sink) {
      const std::array usages{
          PortUsage{"external", IpAddress::v4(192, 0, 2, 10), Transport::udp, 3, 10'000},
          PortUsage{"external", *IpAddress::parse("2001:db8::10"), Transport::udp, 0, 10'000}};
      report_ports(sink, usages);
    });
    metrics_.add_source([](MetricSink& sink) { report_media_sessions(sink, 2, 5); });
    metrics_.add_source([](MetricSink& sink) {
      sink.counter("avedge_sip_requests_total", "SIP requests by method.", {{"method", "INVITE"}},
                   4);
    });
    metrics_.add_source(report_process);
  }

  std::array<WorkerCounters, 2> workers_;
  Drops signalling_;
  std::array<const WorkerCounters*, 2> pointers_{&workers_[0], &workers_[1]};
  Metrics metrics_;
};

TEST_F(MetricsText, SumsOverWorkers) {
  workers_[0].allocations.set(3);
  workers_[1].allocations.set(4);
  workers_[0].packets[0].add(10);
  workers_[1].packets[0].add(5);
  workers_[1].drops.count(DropReason::no_permission);
  signalling_.count(DropReason::no_permission);
  const std::string text = metrics_.text();
  EXPECT_THAT(text, HasSubstr("\navedge_allocations 7\n"));
  EXPECT_THAT(text, HasSubstr("\navedge_packets_total{direction=\"client_to_peer\"} 15\n"));
  EXPECT_THAT(text, HasSubstr("\navedge_drops_total{reason=\"no_permission\"} 2\n"));
}

TEST_F(MetricsText, SaysTheseNamesAndNoOthers) {
  std::set<std::string> names;
  for (const auto& family : metrics_.Collect()) names.insert(family.name);
  EXPECT_EQ(names, (std::set<std::string>{"avedge_allocations",
                                          "avedge_allocations_opened_total",
                                          "avedge_build_info",
                                          "avedge_bytes_total",
                                          "avedge_drops_total",
                                          "avedge_flows",
                                          "avedge_fanned_in_total",
                                          "avedge_frames_sent_total",
                                          "avedge_receive_queue_overflows_total",
                                          "avedge_latches_total",
                                          "avedge_log_lines_lost_total",
                                          "avedge_media_paths",
                                          "avedge_media_sessions",
                                          "avedge_media_sessions_opened_total",
                                          "avedge_packets_total",
                                          "avedge_ports_capacity",
                                          "avedge_ports_in_use",
                                          "avedge_process_cpu_seconds_total",
                                          "avedge_process_max_fds",
                                          "avedge_process_open_fds",
                                          "avedge_process_resident_memory_bytes",
                                          "avedge_process_start_time_seconds",
                                          "avedge_sip_requests_total",
                                          "avedge_sockets",
                                          "avedge_stream_paths",
                                          "avedge_stun_requests_total",
                                          "avedge_workers"}));
}

TEST_F(MetricsText, EveryLabelIsThereFromTheStart) {
  const std::string text = metrics_.text();
  for (const std::string_view reason : kDropReasonLabels) {
    EXPECT_THAT(text, HasSubstr("avedge_drops_total{reason=\"" + std::string{reason} + "\"} 0\n"));
  }
  for (const std::string_view direction : kDirectionLabels) {
    EXPECT_THAT(text, HasSubstr("_bytes_total{direction=\"" + std::string{direction} + "\"} 0\n"));
  }
}

TEST_F(MetricsText, NamesThePorts) {
  const std::string text = metrics_.text();
  EXPECT_THAT(text, HasSubstr("avedge_ports_in_use{interface=\"external\",address=\"192.0.2.10\","
                              "protocol=\"udp\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("avedge_ports_capacity{interface=\"external\",address=\"2001:db8::"
                              "10\",protocol=\"udp\"} 10000\n"));
}

// The rules of promtool check metrics that concern us: each family has its HELP and TYPE once and
// in front, and _total is for counters and for all of them.
TEST_F(MetricsText, KeepsTheRulesOfTheFormat) {
  std::map<std::string, std::string> types;
  std::string current;
  std::istringstream lines{metrics_.text()};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      std::istringstream words{line.substr(7)};
      std::string type;
      words >> current >> type;
      EXPECT_TRUE(types.emplace(current, type).second) << current << " twice";
      EXPECT_EQ(current.ends_with("_total"), type == "counter") << line;
    } else if (!line.starts_with("# HELP ")) {
      EXPECT_EQ(line.substr(0, line.find_first_of("{ ")), current);
      const char* value = line.c_str() + line.rfind(' ') + 1;
      char* end = nullptr;
      std::strtod(value, &end);
      EXPECT_TRUE(end != value && *end == '\0') << line;
    }
  }
  EXPECT_GE(types.size(), 20u);
}

TEST_F(MetricsText, ProcessFiguresArePlausible) {
  for (const auto& family : metrics_.Collect()) {
    const auto& metric = family.metric.front();
    if (family.name == "avedge_process_resident_memory_bytes") {
      EXPECT_GT(metric.gauge.value, 1e6);
    } else if (family.name == "avedge_process_open_fds") {
      EXPECT_GE(metric.gauge.value, 3);
    } else if (family.name == "avedge_process_start_time_seconds") {
      EXPECT_NEAR(metric.gauge.value, static_cast<double>(time(nullptr)), 3600);
    }
  }
}

}  // namespace
}  // namespace avedge::edge
