// Cuts a TCP stream into SIP messages by Content-Length (RFC 3261 §18.3) and finds the keep-alives
// of RFC 5626 §3.5.1 between them.
#pragma once

#include <string>
#include <string_view>

#include "relay/core/bytes.h"
#include "signaling-shim/sip/header_index.h"

namespace avedge::sip {

class StreamFramer {
 public:
  enum class Kind : std::uint8_t {
    incomplete,  // no frame yet: read on
    message,     // one whole message
    ping,        // CRLFCRLF: answer with one CRLF
    too_long,    // a head that announces more than the limit: answer 513 and close
    broken  // what follows cannot be framed: close. `bytes` may hold a head that deserves a 400
  };
  struct Frame {
    Kind kind = Kind::incomplete;
    /// Valid until the next call of feed() or next().
    std::string_view bytes;
  };

  /// `longest`: maximum size of one message, head and body; at most kMaxMessageSize.
  explicit StreamFramer(std::size_t longest = kMaxMessageSize) : longest_{longest} {}
  void allow(std::size_t longest) { longest_ = longest; }

  /// Copies the bytes. Holds at most one message limit plus one feed.
  void feed(std::string_view bytes);
  /// The next frame; call until it is incomplete or broken. Work is linear in the bytes fed.
  Frame next();
  /// A message has begun and its end has not arrived.
  [[nodiscard]] bool mid_message() const;
  /// Bytes of it that have arrived.
  [[nodiscard]] std::size_t held() const { return buffer_.size() - taken_; }

 private:
  Frame next_head();
  Frame break_off(Kind kind, std::string_view bytes);

  std::size_t longest_;
  std::string buffer_;
  std::size_t taken_ = 0;    // bytes already returned
  std::size_t scanned_ = 0;  // no head ends before this
  std::size_t end_ = 0;      // of the message whose head has been read; 0 while looking for one
  bool broken_ = false;
};

}  // namespace avedge::sip
