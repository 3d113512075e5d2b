// How a request and its reply are wrapped: a cookie that ties them together, a blank, a dictionary
// whose first byte says how it is encoded.
#pragma once

#include <optional>

#include "signaling-shim/ng/value.h"

namespace avedge::ng {

/// Clients write about 30 bytes.
inline constexpr std::size_t kMaxCookie = 255;

enum class Encoding : std::uint8_t { bencode, json };

/// Views into the datagram or message.
struct Frame {
  std::string_view cookie;
  std::string_view payload;

  /// Nothing without a blank, or with a cookie that is empty or too long: nobody could be answered.
  [[nodiscard]] static std::optional<Frame> parse(std::string_view message);
  /// The message with `payload` in it.
  [[nodiscard]] static std::string compose(std::string_view cookie, std::string_view payload);
};

/// By the first byte; nothing if it begins no dictionary.
[[nodiscard]] std::optional<Encoding> encoding_of(std::string_view payload);
[[nodiscard]] std::string encode(const Value& value, Encoding encoding);

}  // namespace avedge::ng
