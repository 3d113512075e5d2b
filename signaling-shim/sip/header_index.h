// The lines of an uninterpreted SIP message: start line, header fields, rest. Rejects everything
// that could make two parsers see two different messages.
#pragma once

#include <string_view>
#include <vector>

#include "relay/core/drop_reason.h"
#include "signaling-shim/sip/header.h"

namespace avedge::sip {

/// The maximum message size, for any transport.
inline constexpr std::size_t kMaxMessageSize = 64 * 1024;
inline constexpr std::size_t kMaxHeaderLines = 256;

struct HeaderLine {
  HeaderId id = HeaderId::other;
  std::string_view name;   // as received, without the blanks RFC 3261 allows before the colon
  std::string_view value;  // without surrounding white space; folds inside are kept
  std::string_view line;   // name to final CRLF, folds included
};

class HeaderIndex {
 public:
  /// `message` begins with the start line. Lines end with CRLF: a lone CR or LF, or a NUL anywhere
  /// in the head, fails with sip_malformed. Above 64 KiB or 256 fields: sip_too_large.
  /// Lives as long as the bytes behind `message`.
  static Verdict<HeaderIndex> parse(std::string_view message);

  [[nodiscard]] std::string_view start_line() const { return start_line_; }
  [[nodiscard]] const std::vector<HeaderLine>& headers() const { return headers_; }
  /// Everything up to and including the empty line.
  [[nodiscard]] std::string_view head() const { return head_; }
  /// Everything after the empty line, whatever Content-Length says.
  [[nodiscard]] std::string_view rest() const { return rest_; }
  /// The first field of that name; nullptr if there is none.
  [[nodiscard]] const HeaderLine* find(HeaderId id) const;

 private:
  HeaderIndex() = default;
  bool add_line(std::string_view line);

  std::string_view start_line_;
  std::string_view head_;
  std::string_view rest_;
  std::vector<HeaderLine> headers_;
};

}  // namespace avedge::sip
