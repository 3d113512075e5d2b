// Time-limited credentials, as the TURN REST draft (draft-uberti-behave-turn-rest) has them: the
// user name carries its own expiry, and the password proves that somebody who knows the shared
// secret chose it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "edge/config.h"
#include "relay/core/clock.h"

namespace avedge::edge {

struct Credentials {
  std::string username;  // "EXPIRY:NAME", EXPIRY in Unix seconds
  std::string password;  // base64(HMAC-SHA1(secret, username))
};

Credentials make_credentials(std::string_view name, UnixSeconds expiry, std::string_view secret);

/// "turn:ADDRESS:PORT?transport=udp" for every address and transport that TURN is offered on, by
/// its advertised address (RFC 7065).
std::vector<std::string> turn_uris(const Config& config);

/// One entry of a WebRTC client's `iceServers`.
nlohmann::json ice_server(const std::vector<std::string>& uris, const Credentials& credentials);

/// "90", "90s", "30m", "8h", "7d". Fails on anything else, on zero, and above a year.
[[nodiscard]] Result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace avedge::edge
