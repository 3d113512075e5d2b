#include "relay/core/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace avedge {

void fill_random(Bytes into) {
  while (!into.empty()) {
    const ssize_t got = getrandom(into.data(), into.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();
    }
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  fill_random(std::as_writable_bytes(std::span{&value, 1}));
  return value;
}

std::string random_token(std::size_t length) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string token;
  token.reserve(length);
  while (token.size() < length) {
    std::array<std::byte, 32> pool;
    fill_random(pool);
    for (const std::byte raw : pool) {
      // 252 = 7 × 36: bytes above it would bias the result to the first characters.
      const unsigned value = std::to_integer<unsigned>(raw);
      if (value < 252 && token.size() < length) token += kAlphabet[value % kAlphabet.size()];
    }
  }
  return token;
}

}  // namespace avedge
