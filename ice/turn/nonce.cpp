#include "ice/turn/nonce.h"

#include <charconv>

#include "ice/stun/hmac.h"
#include "relay/core/random.h"

namespace avedge::turn {
namespace {

// In front the time of issue in seconds of CLOCK_MONOTONIC, behind it 64 bits of the code: enough
// against guessing over the network within an hour.
constexpr std::size_t kTimeDigits = 8;
constexpr std::size_t kCodeBytes = 8;

std::uint32_t seconds_of(Time now) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

void write_hex(char* to, ConstBytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::byte octet : bytes) {
    *to++ = kDigits[std::to_integer<std::size_t>(octet >> 4)];
    *to++ = kDigits[std::to_integer<std::size_t>(octet & std::byte{0x0F})];
  }
}

}  // namespace

NonceKey random_nonce_key() {
  NonceKey key;
  fill_random(key);
  return key;
}

Nonce NonceMint::issue(Time now, const Endpoint& client) const {
  return make(seconds_of(now), client);
}

bool NonceMint::is_fresh(Time now, const Endpoint& client, std::string_view nonce) const {
  Nonce expected;
  if (nonce.size() != expected.size()) return false;
  std::uint32_t issued = 0;
  const char* const digits_end = nonce.data() + kTimeDigits;
  const auto [end, error] = std::from_chars(nonce.data(), digits_end, issued, 16);
  if (error != std::errc{} || end != digits_end) return false;

  const std::uint32_t current = seconds_of(now);
  if (issued > current || std::chrono::seconds{current - issued} > lifetime_) return false;
  expected = make(issued, client);
  return stun::equal_in_constant_time(bytes_of({expected.data(), expected.size()}),
                                      bytes_of(nonce));
}

Nonce NonceMint::make(std::uint32_t issued, const Endpoint& client) const {
  std::array<std::byte, 4> time;
  store_be32(time.data(), issued);
  std::array<std::byte, 2> port;
  store_be16(port.data(), client.port.number());
  const auto code = stun::hmac_sha256(key_, {time, port, client.address.bytes()});

  Nonce nonce;
  write_hex(nonce.data(), time);
  write_hex(nonce.data() + kTimeDigits, ConstBytes{code}.first(kCodeBytes));
  return nonce;
}

}  // namespace avedge::turn
