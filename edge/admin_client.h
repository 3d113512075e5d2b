// The command line's end of the admin socket.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "relay/core/result.h"

namespace avedge::edge {

/// Sends one request and waits for its response, as admin_protocol.h describes them. Fails if no
/// daemon answers at `path` within `patience`. Blocks.
[[nodiscard]] Result<nlohmann::json> ask_daemon(const std::string& path,
                                                const nlohmann::json& request,
                                                std::chrono::milliseconds patience);

}  // namespace avedge::edge
