// Byte vectors written as in the RFCs: hexadecimal digits, blanks for the eye.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "relay/core/bytes.h"

namespace avedge::srtp {

inline std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> bytes;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<std::byte>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

inline std::string to_hex(ConstBytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::byte octet : bytes) {
    text += kDigits[std::to_integer<std::size_t>(octet >> 4)];
    text += kDigits[std::to_integer<std::size_t>(octet & std::byte{15})];
  }
  return text;
}

}  // namespace avedge::srtp
