// Header fields the edge reads, by any of their names. All others pass unread.
#pragma once

#include <cstdint>
#include <string_view>

namespace avedge::sip {

enum class HeaderId : std::uint8_t {
  other,
  assertion,  // of somebody's identity or origin, which a stranger may forge
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
/// RFC 3261 §7.3.1: whether the field may stand in a message once only. Twice is ambiguous, and
/// what two parsers read differently is a way to smuggle.
bool is_single(HeaderId id);

}  // namespace avedge::sip
