#include "relay/core/base64.h"

namespace avedge {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned kNoDigit = 64;

unsigned digit_of(char c, Base64Form form) {
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a' + 26);
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0' + 52);
  const bool is_url = form == Base64Form::url;
  if (c == (is_url ? '-' : '+')) return 62;
  if (c == (is_url ? '_' : '/')) return 63;
  return kNoDigit;
}

/// Without its padding; nothing if `form` does not permit that padding, or its absence.
std::optional<std::string_view> without_padding(std::string_view text, Base64Form form) {
  std::string_view digits = text;
  if (form == Base64Form::lenient) {
    digits = text.substr(0, text.find_last_not_of('=') + 1);
  } else if (form != Base64Form::url) {
    while (digits.ends_with('=') && text.size() - digits.size() < 2) digits.remove_suffix(1);
    const bool needs_padding = form == Base64Form::padded || digits.size() != text.size();
    if (needs_padding && text.size() % 4 != 0) return std::nullopt;
  }
  if (digits.size() % 4 == 1) return std::nullopt;
  return digits;
}

}  // namespace

std::optional<Bytes> decode_base64(std::string_view text, Bytes into, Base64Form form) {
  const auto digits = without_padding(text, form);
  if (!digits) return std::nullopt;

  std::size_t used = 0;
  unsigned pending = 0;
  unsigned pending_bits = 0;
  for (const char c : *digits) {
    const unsigned digit = digit_of(c, form);
    if (digit == kNoDigit) return std::nullopt;
    pending = pending << 6 | digit;
    pending_bits += 6;
    if (pending_bits < 8) continue;
    if (used == into.size()) return std::nullopt;
    pending_bits -= 8;
    into[used++] = static_cast<std::byte>(pending >> pending_bits);
    pending &= (1u << pending_bits) - 1;
  }
  if (pending != 0 && form != Base64Form::lenient) return std::nullopt;
  return into.first(used);
}

std::optional<std::string> decode_base64(std::string_view text, Base64Form form) {
  std::string bytes(text.size() / 4 * 3 + 2, '\0');
  const auto used =
      decode_base64(text, std::as_writable_bytes(std::span{bytes.data(), bytes.size()}), form);
  if (!used) return std::nullopt;
  bytes.resize(used->size());
  return bytes;
}

std::string encode_base64(ConstBytes bytes, Base64Form form) {
  const std::string_view alphabet = form == Base64Form::url ? kUrlDigits : kDigits;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  unsigned pending = 0;
  unsigned pending_bits = 0;
  for (const std::byte byte : bytes) {
    pending = (pending << 8 | std::to_integer<unsigned>(byte)) & 0xffff;
    for (pending_bits += 8; pending_bits >= 6; pending_bits -= 6) {
      text += alphabet[pending >> (pending_bits - 6) & 63];
    }
  }
  if (pending_bits > 0) text += alphabet[pending << (6 - pending_bits) & 63];
  if (form == Base64Form::padded) text.resize((text.size() + 3) / 4 * 4, '=');
  return text;
}

}  // namespace avedge
