#include "edge/admin_protocol.h"

#include <chrono>

namespace avedge::edge {

std::int64_t admin_clock() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

std::string admin_line(const nlohmann::json& message) {
  constexpr bool kAsciiOnly = true;
  return message.dump(-1, ' ', kAsciiOnly, nlohmann::json::error_handler_t::replace) + "\n";
}

nlohmann::json admin_success(nlohmann::json result) {
  return {{"ok", true}, {"result", std::move(result)}};
}

nlohmann::json admin_failure(std::string_view error) {
  return {{"ok", false}, {"error", error}};
}

Result<nlohmann::json> parse_admin_line(std::string_view line) {
  constexpr bool kThrow = false;
  auto message = nlohmann::json::parse(line, nullptr, kThrow);
  if (!message.is_object()) return Error{"this is not a JSON object"};
  return message;
}

}  // namespace avedge::edge
