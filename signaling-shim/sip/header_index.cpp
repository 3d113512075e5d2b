#include "signaling-shim/sip/header_index.h"

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

/// Length of the line at `at` with its CRLF; 0 if it contains a CR, LF or NUL that is not allowed.
std::size_t line_length(std::string_view text, std::size_t at) {
  const std::size_t end = text.find_first_of(std::string_view{"\r\n\0", 3}, at);
  if (end == std::string_view::npos || text.substr(end, 2) != kLineEnd) return 0;
  return end + 2 - at;
}

bool is_fold(std::string_view text, std::size_t at) {
  return at < text.size() && (text[at] == ' ' || text[at] == '\t');
}

/// A header field's length: its line and all the lines that continue it (RFC 3261 §7.3.1).
std::size_t field_length(std::string_view text, std::size_t at) {
  std::size_t length = line_length(text, at);
  if (length == 0) return 0;
  while (is_fold(text, at + length)) {
    const std::size_t more = line_length(text, at + length);
    if (more == 0) return 0;
    length += more;
  }
  return length;
}

}  // namespace

Verdict<HeaderIndex> HeaderIndex::parse(std::string_view message) {
  if (message.size() > kMaxMessageSize) return DropReason::sip_too_large;
  HeaderIndex header_index;
  std::size_t at = line_length(message, 0);
  if (at <= kLineEnd.size() || is_fold(message, at)) return DropReason::sip_malformed;
  header_index.start_line_ = message.substr(0, at - kLineEnd.size());
  header_index.headers_.reserve(32);
  while (message.substr(at, 2) != kLineEnd) {
    const std::size_t length = field_length(message, at);
    if (length == 0) return DropReason::sip_malformed;
    if (header_index.headers_.size() == kMaxHeaderLines) return DropReason::sip_too_large;
    if (!header_index.add_line(message.substr(at, length))) return DropReason::sip_malformed;
    at += length;
  }
  header_index.head_ = message.substr(0, at + kLineEnd.size());
  header_index.rest_ = message.substr(at + kLineEnd.size());
  return header_index;
}

bool HeaderIndex::add_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  std::string_view name = line.substr(0, colon);
  // HCOLON allows blanks before the colon (§25.1). A parser that treats "Route " as an unknown name
  // can be made to overlook a header, so names are compared without blanks.
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  if (!is_token(name)) return false;
  headers_.push_back({header_id(name), name, trim(line.substr(colon + 1)), line});
  return true;
}

const HeaderLine* HeaderIndex::find(HeaderId id) const {
  for (const HeaderLine& header : headers_) {
    if (header.id == id) return &header;
  }
  return nullptr;
}

}  // namespace avedge::sip
