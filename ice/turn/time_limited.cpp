#include "ice/turn/time_limited.h"

#include <openssl/evp.h>

#include <charconv>

#include "ice/stun/hmac.h"

namespace avedge::turn {
namespace {

std::string base64(ConstBytes bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP adds a terminator
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

}  // namespace

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
    return base64(stun::hmac_sha1(bytes_of(secret), {bytes_of(username)}));
  }
  return base64(stun::hmac_sha256(bytes_of(secret), {bytes_of(username)}));
}

}  // namespace avedge::turn
