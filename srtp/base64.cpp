#include "srtp/base64.h"

namespace avedge::srtp {
namespace {

constexpr unsigned kNoDigit = 64;

constexpr unsigned digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0' + 52);
  if (c == '+') return 62;
  if (c == '/') return 63;
  return kNoDigit;
}

/// Without its padding; nothing if the padding does not fill the last group of four.
std::optional<std::string_view> without_padding(std::string_view text) {
  std::string_view digits = text;
  while (digits.ends_with('=') && text.size() - digits.size() < 2) digits.remove_suffix(1);
  if (digits.size() != text.size() && text.size() % 4 != 0) return std::nullopt;
  if (digits.size() % 4 == 1) return std::nullopt;
  return digits;
}

}  // namespace

std::optional<Bytes> decode_base64(std::string_view text, Bytes into) {
  const auto digits = without_padding(text);
  if (!digits) return std::nullopt;

  std::size_t used = 0;
  unsigned pending = 0;
  unsigned pending_bits = 0;
  for (const char c : *digits) {
    const unsigned digit = digit_of(c);
    if (digit == kNoDigit) return std::nullopt;
    pending = pending << 6 | digit;
    pending_bits += 6;
    if (pending_bits < 8) continue;
    if (used == into.size()) return std::nullopt;
    pending_bits -= 8;
    into[used++] = static_cast<std::byte>(pending >> pending_bits);
    pending &= (1u << pending_bits) - 1;
  }
  if (pending != 0) return std::nullopt;
  return into.first(used);
}

}  // namespace avedge::srtp
