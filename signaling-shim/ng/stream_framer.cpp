#include "signaling-shim/ng/stream_framer.h"

#include <charconv>

namespace avedge::ng {
namespace {

/// "i-9223372036854775808e", and more than any length of text that is allowed.
constexpr std::size_t kLongestNumber = 22;

}  // namespace

StreamFramer::Found StreamFramer::next() {
  discard_taken();
  for (;;) {
    const Step step = scanned_ > kMaxMessage ? Step::broken : advance();
    if (step == Step::again) continue;
    if (step == Step::wait) return {};
    if (step == Step::broken) return {Kind::broken, {}};
    taken_ = scanned_;
    return {Kind::message, std::string_view{buffer_}.substr(0, taken_)};
  }
}

void StreamFramer::discard_taken() {
  if (taken_ == 0) return;
  buffer_.erase(0, taken_);
  taken_ = 0;
  scanned_ = 0;
  depth_ = 0;
  past_cookie_ = false;
}

StreamFramer::Step StreamFramer::advance() {
  if (scanned_ >= buffer_.size()) return Step::wait;
  return past_cookie_ ? scan_value() : scan_cookie();
}

StreamFramer::Step StreamFramer::scan_cookie() {
  const std::size_t blank = buffer_.find(' ', scanned_);
  scanned_ = std::min(blank, buffer_.size());
  if (scanned_ > kMaxCookie || blank == 0) return Step::broken;
  if (blank == std::string::npos) return Step::wait;
  if (blank + 1 == buffer_.size()) return Step::wait;
  if (buffer_[blank + 1] != 'd') return Step::broken;
  scanned_ = blank + 1;
  past_cookie_ = true;
  return Step::again;
}

StreamFramer::Step StreamFramer::scan_value() {
  switch (buffer_[scanned_]) {
    case 'd':
    case 'l': ++scanned_; return ++depth_ > kMaxDepth + 1 ? Step::broken : Step::again;
    case 'e':
      ++scanned_;
      --depth_;
      return after_value();
    case 'i': return scan_number();
    default: return scan_text();
  }
}

StreamFramer::Step StreamFramer::scan_number() {
  const std::size_t end = buffer_.find('e', scanned_);
  const std::size_t seen = std::min(end, buffer_.size()) - scanned_;
  if (seen > kLongestNumber) return Step::broken;
  if (end == std::string::npos) return Step::wait;
  scanned_ = end + 1;
  return after_value();
}

StreamFramer::Step StreamFramer::scan_text() {
  const char* const begin = buffer_.data() + scanned_;
  const char* const end = buffer_.data() + buffer_.size();
  std::size_t size = 0;
  const auto [stop, error] = std::from_chars(begin, end, size);
  if (error != std::errc{} || size > kMaxMessage) return Step::broken;
  if (stop == end) return stop - begin > std::ptrdiff_t{kLongestNumber} ? Step::broken : Step::wait;
  if (*stop != ':') return Step::broken;
  scanned_ += static_cast<std::size_t>(stop - begin) + 1 + size;
  return scanned_ > kMaxMessage ? Step::broken : after_value();
}

/// The dictionary's own "e" ends the message; what it says is the decoder's business.
StreamFramer::Step StreamFramer::after_value() {
  return depth_ == 0 ? Step::done : Step::again;
}

}  // namespace avedge::ng
