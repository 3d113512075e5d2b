// What travels over the admin socket: one JSON object and a newline each way, then the connection
// ends.
//   request   {"command":"status","expires":1234567}
//     expires, which is optional: the CLOCK_MONOTONIC of this machine in milliseconds after which
//     the client may have given up. What has not been begun by then is not carried out.
//   response  {"ok":true,"result":…}  or  {"ok":false,"error":"…"}
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "relay/core/result.h"

namespace avedge::edge {

/// A request is a word and a few parameters.
inline constexpr std::size_t kLongestAdminRequest = 64 * 1024;
/// A listing of every session of a full edge stays below this.
inline constexpr std::size_t kLongestAdminResponse = 64 * 1024 * 1024;

/// CLOCK_MONOTONIC in milliseconds.
std::int64_t admin_clock();

/// `message` on one line with its newline. Bytes that are not UTF-8 become U+FFFD.
std::string admin_line(const nlohmann::json& message);

nlohmann::json admin_success(nlohmann::json result);
nlohmann::json admin_failure(std::string_view error);

/// The object in `line`; fails if it is none.
[[nodiscard]] Result<nlohmann::json> parse_admin_line(std::string_view line);

}  // namespace avedge::edge
