// Time-limited credentials, as in the TURN REST draft (draft-uberti-behave-turn-rest).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "relay/core/clock.h"

namespace avedge::turn {

struct RestApiUsername {
  UnixSeconds expiry{};
  std::string_view name;  // may be empty
};

/// "expiry:name" or just "expiry"; nothing if it is neither. Lives as long as `username`.
[[nodiscard]] std::optional<RestApiUsername> parse_time_limited(std::string_view username);

enum class PasswordHash : std::uint8_t { sha1, sha256 };

/// The password for a time-limited user name: base64(HMAC(secret, username)).
[[nodiscard]] std::string time_limited_password(std::string_view secret, std::string_view username,
                                                PasswordHash hash = PasswordHash::sha1);

}  // namespace avedge::turn
