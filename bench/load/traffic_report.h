// What a load test found, for programs and for people.
#pragma once

#include <nlohmann/json.hpp>

#include "bench/load/traffic.h"

namespace avedge::bench {

[[nodiscard]] double loss_percent(const LegReport& leg);

[[nodiscard]] nlohmann::json to_json(const TrafficReport& report);

/// `report` as to_json() made it, with the load's "allocations" and "payload_bytes" besides.
void print_text(const nlohmann::json& report);

}  // namespace avedge::bench
