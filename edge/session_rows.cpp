#include "edge/session_rows.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "edge/session_log.h"

namespace avedge::edge {
namespace {

std::int64_t seconds_of(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

nlohmann::json row_of(const turn::AllocationSnapshot& allocation, Time now) {
  return {{"user", allocation.user},
          {"client", allocation.five_tuple.client.endpoint.to_string()},
          {"transport", to_string(allocation.five_tuple.transport)},
          {"relayed", relayed_text(allocation.relayed, allocation.relayed_ipv6)},
          {"expires_in", seconds_of(allocation.expires - now)}};
}

nlohmann::json row_of(const anchor::CallSnapshot& call) {
  return {{"call_id", call.call.call_id},
          {"from", call.call.caller_interface},
          {"to", call.call.callee_interface},
          {"streams", call.call.streams},
          {"answered", call.was_answered},
          {"on_hold", call.is_on_hold},
          {"age", seconds_of(call.age)},
          {"packets_from_caller", call.media.packets[0]},
          {"packets_from_callee", call.media.packets[1]}};
}

}  // namespace

nlohmann::json rows_of(const std::vector<turn::AllocationSnapshot>& allocations, Time now) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& allocation : allocations) rows.push_back(row_of(allocation, now));
  return rows;
}

nlohmann::json rows_of(const std::vector<anchor::CallSnapshot>& calls) {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& call : calls) rows.push_back(row_of(call));
  return rows;
}

}  // namespace avedge::edge
