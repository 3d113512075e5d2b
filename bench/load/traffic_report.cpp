#include "bench/load/traffic_report.h"

#include <cstdio>

namespace avedge::bench {
namespace {

nlohmann::json to_json(const LegReport& leg) {
  const auto at = [&](double share) { return leg.latency.percentile(share).count(); };
  return {{"leg", kLegNames[static_cast<std::size_t>(leg.leg)]},
          {"sent", leg.sent},
          {"received", leg.received},
          {"lost", leg.sent - leg.received},
          {"loss_percent", loss_percent(leg)},
          {"duplicates", leg.duplicates},
          {"latency_us",
           {{"p50", at(0.5)},
            {"p90", at(0.9)},
            {"p99", at(0.99)},
            {"p999", at(0.999)},
            {"max", at(1)}}}};
}

}  // namespace

double loss_percent(const LegReport& leg) {
  const auto lost = static_cast<double>(leg.sent - leg.received);
  return 100 * lost / static_cast<double>(leg.sent);
}

nlohmann::json to_json(const TrafficReport& report) {
  std::uint64_t sent = 0;
  nlohmann::json legs = nlohmann::json::array();
  for (const LegReport& leg : report.legs) {
    legs.push_back(to_json(leg));
    sent += leg.sent;
  }
  return {{"seconds", report.time.count()},
          {"rate", static_cast<double>(sent) / report.time.count()},
          {"legs", legs},
          {"send_errors", report.send_errors},
          {"misrouted", report.misrouted},
          {"foreign", report.foreign}};
}

void print_text(const nlohmann::json& report) {
  std::printf("%.1f s at %.0f packets/s over %d allocations, %d bytes each\n",
              report["seconds"].get<double>(), report["rate"].get<double>(),
              report["allocations"].get<int>(), report["payload_bytes"].get<int>());
  std::printf("%-5s %10s %10s %8s %8s %10s  %s\n", "leg", "sent", "received", "lost", "loss %",
              "duplicates", "latency in us: p50 / p90 / p99 / p99.9 / max");
  for (const auto& leg : report["legs"]) {
    const auto number = [&](const char* name) { return leg[name].get<unsigned long>(); };
    const auto latency = [&](const char* name) { return leg["latency_us"][name].get<long>(); };
    std::printf("%-5s %10lu %10lu %8lu %8.3f %10lu  %ld / %ld / %ld / %ld / %ld\n",
                leg["leg"].get<std::string>().c_str(), number("sent"), number("received"),
                number("lost"), leg["loss_percent"].get<double>(), number("duplicates"),
                latency("p50"), latency("p90"), latency("p99"), latency("p999"), latency("max"));
  }
  for (const char* trouble : {"send_errors", "misrouted", "foreign"}) {
    const auto count = report[trouble].get<unsigned long>();
    if (count > 0) std::printf("%s: %lu\n", trouble, count);
  }
}

}  // namespace avedge::bench
