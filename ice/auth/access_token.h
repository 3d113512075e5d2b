// OAuth access tokens of STUN (RFC 7635): encrypted by an authorization server that shares a key
// with us, carried by a client that cannot read them.
#pragma once

#include <optional>
#include <string_view>

#include "ice/auth/credentials.h"
#include "ice/auth/identity.h"
#include "relay/core/clock.h"

namespace avedge::turn {

struct AccessToken {
  IntegrityKey mac_key;
  UnixSeconds issued{};
  std::chrono::seconds lifetime{};
};

/// RFC 7635 §6.2: decrypts the value of ACCESS-TOKEN. Nothing if it was not made with that key for
/// a server of that name, or if its contents are malformed.
[[nodiscard]] std::optional<AccessToken> open_access_token(ConstBytes value, const TokenKey& key,
                                                           std::string_view server_name);

/// How long the token remains valid, with some tolerance for clocks that differ; nothing if it has
/// expired, or is not yet valid (RFC 7635 §4.1.1: |now − issued| < lifetime + Δ).
[[nodiscard]] std::optional<std::chrono::seconds> time_left(const AccessToken& token,
                                                            UnixSeconds now);

}  // namespace avedge::turn
