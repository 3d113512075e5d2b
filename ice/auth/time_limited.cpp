#include "ice/auth/time_limited.h"

#include <charconv>

#include "ice/stun/hmac.h"
#include "relay/core/base64.h"

namespace avedge::turn {
std::optional<RestApiUsername> parse_time_limited(std::string_view username) {
  const auto colon = username.find(':');
  const std::string_view digits = username.substr(0, colon);
  std::int64_t expiry = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), expiry);
  if (error != std::errc{} || end != digits.data() + digits.size() || expiry < 0) {
    return std::nullopt;
  }
  const auto name =
      colon == std::string_view::npos ? std::string_view{} : username.substr(colon + 1);
  return RestApiUsername{UnixSeconds{expiry}, name};
}

std::string time_limited_password(std::string_view secret, std::string_view username,
                                  PasswordHash hash) {
  if (hash == PasswordHash::sha1) {
    return encode_base64(stun::hmac_sha1(bytes_of(secret), {bytes_of(username)}),
                         Base64Form::padded);
  }
  return encode_base64(stun::hmac_sha256(bytes_of(secret), {bytes_of(username)}),
                       Base64Form::padded);
}

}  // namespace avedge::turn
