#include "ice/auth/nonce.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "ice/stun/hmac.h"
#include "relay/core/base64.h"
#include "relay/core/random.h"

namespace avedge::turn {
namespace {

/// RFC 8489 §9.2: before the features, 24 bits in base64.
constexpr std::string_view kCookie = "obMatJos2";
constexpr std::size_t kCookieSize = 13;

// First the time of issue in seconds of CLOCK_MONOTONIC, then 56 bits of the code: enough against
// guessing over the network within an hour, and 11 bytes make 15 characters, which with the cookie
// leave no padding in NONCE. The first bytes are zero for a century, so no nonce begins like the
// cookie by chance.
constexpr std::size_t kTimeBytes = 4;
constexpr std::size_t kCodeBytes = 7;
constexpr std::size_t kBodySize = 15;
using Body = std::array<std::byte, kTimeBytes + kCodeBytes>;

std::uint32_t seconds_of(Time now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

/// RFC 8489 §18.1: bit 0 is for the algorithms, bit 1 for anonymity. The text of the RFC counts
/// bits from the left; its test vector (appendix B.1), erratum 6290 and all implementations count
/// from the right.
std::string_view encode(SecurityFeatures features) {
  if (features.password_algorithms) return features.username_anonymity ? "AAAD" : "AAAB";
  return "AAAC";
}

/// The nonce's time of issue, unverified; nothing if it does not have the form of ours.
std::optional<std::uint32_t> read_time(std::string_view body) {
  if (body.size() != kBodySize) return std::nullopt;
  std::array<std::byte, 6> bytes;
  if (!decode_base64(body.substr(0, 8), bytes, Base64Form::padded)) return std::nullopt;
  return load_be32(bytes.data());
}

}  // namespace

void Nonce::append(std::string_view text) {
  assert(size_ + text.size() <= characters_.size());
  std::copy(text.begin(), text.end(), characters_.begin() + size_);
  size_ += text.size();
}

NonceKey random_nonce_key() {
  NonceKey key;
  fill_random(key);
  return key;
}

Nonce NonceGenerator::issue(Time now, const Endpoint& client, SecurityFeatures features) const {
  return make(seconds_of(now), client, features);
}

NonceState NonceGenerator::inspect(Time now, const Endpoint& client, SecurityFeatures features,
                                   std::string_view nonce) const {
  const std::size_t cookie = features.any() ? kCookieSize : 0;
  if (nonce.size() <= cookie) return NonceState::foreign;
  const auto issued = read_time(nonce.substr(cookie));
  const std::uint32_t current = seconds_of(now);
  if (!issued || *issued > current) return NonceState::foreign;
  const Nonce expected = make(*issued, client, features);
  if (!stun::equal_in_constant_time(bytes_of(expected.text()), bytes_of(nonce))) {
    return NonceState::foreign;
  }
  const bool is_old = std::chrono::seconds{current - *issued} > lifetime_;
  return is_old ? NonceState::stale : NonceState::fresh;
}

Nonce NonceGenerator::make(std::uint32_t issued, const Endpoint& client,
                           SecurityFeatures features) const {
  Body body;
  store_be32(body.data(), issued);
  std::array<std::byte, 3> port_and_offer;
  store_be16(port_and_offer.data(), client.port.number());
  port_and_offer[2] = std::byte{features.offer};
  const std::string_view announced = features.any() ? encode(features) : std::string_view{};
  const auto code = stun::hmac_sha256(key_, {ConstBytes{body}.first(kTimeBytes), port_and_offer,
                                             client.address.bytes(), bytes_of(announced)});
  std::copy_n(code.begin(), kCodeBytes, body.begin() + kTimeBytes);

  Nonce nonce;
  if (features.any()) {
    nonce.append(kCookie);
    nonce.append(announced);
  }
  nonce.append(encode_base64(body, Base64Form::optional_padding));
  return nonce;
}

}  // namespace avedge::turn
