// Header fields the edge reads, by any of their names. All others pass unread.
#pragma once

#include <cstdint>
#include <string_view>

namespace avedge::sip {

enum class HeaderId : std::uint8_t {
  other,
  assertion,  // asserts an identity or origin; an unauthenticated client may forge it
  call_id,
  content_encoding,
  content_length,
  content_type,
  cseq,
  from,
  max_forwards,
  proxy_require,
  record_route,
  require,
  route,
  session_expires,
  timestamp,
  to,
  via
};
inline constexpr std::size_t kHeaderIdCount = static_cast<std::size_t>(HeaderId::via) + 1;

/// Case-insensitive; knows the compact forms of RFC 3261 §7.3.3.
HeaderId header_id(std::string_view name);
/// RFC 3261 §7.3.1: whether the field may occur only once. Two are ambiguous, and two parsers that
/// read a message differently allow smuggling.
bool is_single(HeaderId id);

}  // namespace avedge::sip
