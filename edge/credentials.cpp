#include "edge/credentials.h"

#include <openssl/hmac.h>

#include <array>
#include <charconv>

#include "relay/core/base64.h"

namespace avedge::edge {
namespace {

constexpr std::chrono::seconds kLongestDuration = std::chrono::hours{24 * 366};

std::int64_t seconds_per(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1;
  if (unit == "m") return 60;
  if (unit == "h") return 3600;
  if (unit == "d") return 86'400;
  return 0;
}

}  // namespace

Credentials make_credentials(std::string_view name, UnixSeconds expiry, std::string_view secret) {
  Credentials credentials;
  credentials.username = std::to_string(expiry.count()) + ":" + std::string{name};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(credentials.username.data()),
       credentials.username.size(), digest.data(), &size);
  credentials.password =
      encode_base64(std::as_bytes(std::span{digest}.first(size)), Base64Form::padded);
  return credentials;
}

std::vector<std::string> turn_uris(const Config& config) {
  std::vector<std::string> uris;
  for (const Listener& listener : config.turn.listeners) {
    for (const ListenAddress& address : listener.addresses) {
      for (const Transport transport : listener.transports) {
        const bool secure = transport == Transport::tls || transport == Transport::dtls;
        const bool datagrams = transport == Transport::udp || transport == Transport::dtls;
        uris.push_back((secure ? "turns:" : "turn:") + address.advertised.to_string() +
                       (datagrams ? "?transport=udp" : "?transport=tcp"));
      }
    }
  }
  return uris;
}

nlohmann::json ice_server(const std::vector<std::string>& uris, const Credentials& credentials) {
  return {{"urls", uris}, {"username", credentials.username}, {"credential", credentials.password}};
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  const std::int64_t factor = seconds_per(unit);
  if (error != std::errc{} || factor == 0 || count <= 0 ||
      count > kLongestDuration.count() / factor) {
    return Error{"'" + std::string{text} +
                 "' is not a valid duration; use one like 90s, 30m, 8h or 7d, "
                 "at most a year"};
  }
  return std::chrono::seconds{count * factor};
}

}  // namespace avedge::edge
