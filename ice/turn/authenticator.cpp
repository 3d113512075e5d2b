#include "ice/turn/authenticator.h"

#include <openssl/evp.h>

#include <charconv>

#include "ice/stun/hmac.h"

namespace avedge::turn {
namespace {

struct TimeLimitedName {
  UnixSeconds expiry;
  std::string_view name;  // may be empty
};

/// "expiry:name" or just "expiry".
std::optional<TimeLimitedName> parse_time_limited(std::string_view username) {
  const auto colon = username.find(':');
  const std::string_view digits = username.substr(0, colon);
  std::int64_t expiry = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), expiry);
  if (error != std::errc{} || end != digits.data() + digits.size() || expiry < 0) {
    return std::nullopt;
  }
  const auto name =
      colon == std::string_view::npos ? std::string_view{} : username.substr(colon + 1);
  return TimeLimitedName{UnixSeconds{expiry}, name};
}

}  // namespace

Authenticator::Authenticator(const Credentials& credentials, WallClock wall_clock)
    : realm_{credentials.realm},
      secrets_{credentials.shared_secrets},
      wall_clock_{std::move(wall_clock)} {
  for (const auto& [name, password] : credentials.users) {
    users_.emplace(name, stun::long_term_key(name, realm_, password));
  }
}

std::optional<Identity> Authenticator::verify(const stun::StunView& message,
                                              std::string_view username) const {
  if (const auto user = users_.find(username); user != users_.end()) {
    if (!stun::verify_integrity(message, user->second)) return std::nullopt;
    return Identity{username, user->second};
  }
  return verify_time_limited(message, username);
}

std::optional<Identity> Authenticator::verify_time_limited(const stun::StunView& message,
                                                           std::string_view username) const {
  if (secrets_.empty()) return std::nullopt;
  const auto parsed = parse_time_limited(username);
  if (!parsed) return std::nullopt;
  const bool expired = parsed->expiry <= wall_clock_();
  for (const std::string& secret : secrets_) {
    const auto key = stun::long_term_key(username, realm_, time_limited_password(secret, username));
    if (stun::verify_integrity(message, key)) {
      return Identity{parsed->name.empty() ? username : parsed->name, key, expired};
    }
  }
  return std::nullopt;
}

std::string time_limited_password(std::string_view secret, std::string_view username) {
  const auto code = stun::hmac_sha1(bytes_of(secret), {bytes_of(username)});
  std::array<unsigned char, (std::tuple_size_v<stun::Sha1Code> + 2) / 3 * 4 + 1> text{};
  const int length = EVP_EncodeBlock(
      text.data(), reinterpret_cast<const unsigned char*>(code.data()), code.size());
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

}  // namespace avedge::turn
