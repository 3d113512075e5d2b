#include "signaling-shim/ng/frame.h"

#include "signaling-shim/ng/bencode.h"
#include "signaling-shim/ng/json.h"

namespace avedge::ng {

std::optional<Frame> Frame::parse(std::string_view message) {
  const std::size_t blank = message.substr(0, kMaxCookie + 1).find(' ');
  if (blank == std::string_view::npos || blank == 0) return std::nullopt;
  return Frame{message.substr(0, blank), message.substr(blank + 1)};
}

std::string Frame::compose(std::string_view cookie, std::string_view payload) {
  std::string message;
  message.reserve(cookie.size() + 1 + payload.size());
  message.append(cookie).append(1, ' ').append(payload);
  return message;
}

std::optional<Encoding> encoding_of(std::string_view payload) {
  if (payload.starts_with('d')) return Encoding::bencode;
  if (payload.starts_with('{')) return Encoding::json;
  return std::nullopt;
}

std::string encode(const Value& value, Encoding encoding) {
  return encoding == Encoding::json ? json::encode(value) : bencode::encode(value);
}

}  // namespace avedge::ng
