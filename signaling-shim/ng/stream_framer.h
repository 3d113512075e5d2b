// Cuts a TCP stream into messages: they stand back to back, and only their bencode says where each
// one ends.
#pragma once

#include <string>
#include <string_view>

#include "signaling-shim/ng/frame.h"

namespace avedge::ng {

/// Looks at every byte once, however small the pieces are that it comes in.
class StreamFramer {
 public:
  enum class Kind : std::uint8_t { incomplete, message, broken };
  struct Found {
    Kind kind = Kind::incomplete;
    std::string_view message;  // cookie and dictionary; until the next call of feed() or next()
  };

  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// The next whole message. After `broken` (no cookie, no bencode, too long) there are no more.
  [[nodiscard]] Found next();
  /// A message has begun and is not whole.
  [[nodiscard]] bool mid_message() const { return buffer_.size() > taken_; }

 private:
  enum class Step : std::uint8_t { again, wait, done, broken };
  void discard_taken();
  Step advance();
  Step scan_cookie();
  Step scan_value();
  Step scan_text();
  Step scan_number();
  Step after_value();

  std::string buffer_;
  std::size_t taken_ = 0;    // of the buffer, by the message that was returned last
  std::size_t scanned_ = 0;  // everything before it has been looked at; may lie ahead of the buffer
  std::size_t depth_ = 0;    // of lists and dictionaries that are open
  bool past_cookie_ = false;
};

}  // namespace avedge::ng
