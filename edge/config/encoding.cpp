#include "edge/config/encoding.h"

#include "relay/core/base64.h"

namespace avedge::edge {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::optional<std::vector<std::byte>> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = kHexDigits.find(lower(text[i]));
    const auto low = kHexDigits.find(lower(text[i + 1]));
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(high << 4 | low));
  }
  return bytes;
}

std::optional<std::vector<std::byte>> decode_base64(std::string_view text) {
  std::vector<std::byte> bytes(text.size() / 4 * 3);
  const auto used = avedge::decode_base64(text, bytes, Base64Form::padded);
  if (!used) return std::nullopt;
  bytes.resize(used->size());
  return bytes;
}

}  // namespace avedge::edge
