#include "signaling-shim/sip/stream_framer.h"

#include <algorithm>
#include <optional>

#include "signaling-shim/sip/text.h"

namespace avedge::sip {
namespace {

/// A larger value is not a plausible length.
constexpr std::uint32_t kLargestLength = 1'000'000'000;

/// Exactly one, and a number.
std::optional<std::size_t> content_length(const HeaderIndex& header_index) {
  std::optional<std::size_t> length;
  for (const HeaderLine& header : header_index.headers()) {
    if (header.id != HeaderId::content_length) continue;
    const auto value = parse_number(header.value, kLargestLength);
    if (length || !value) return std::nullopt;
    length = *value;
  }
  return length;
}

constexpr std::string_view kPing = "\r\n\r\n";

/// Line ends that may become a ping: they belong to no message.
bool is_begun_ping(std::string_view rest) {
  return rest.size() < kPing.size() && kPing.substr(0, rest.size()) == rest;
}

}  // namespace

void StreamFramer::feed(std::string_view bytes) {
  buffer_.erase(0, taken_);
  scanned_ -= std::min(scanned_, taken_);
  end_ -= std::min(end_, taken_);
  taken_ = 0;
  buffer_ += bytes;
}

StreamFramer::Frame StreamFramer::next() {
  if (broken_) return {Kind::broken, {}};
  if (end_ == 0) {
    const std::string_view rest = std::string_view{buffer_}.substr(taken_);
    if (rest.substr(0, kPing.size()) == kPing) {
      taken_ += kPing.size();
      return {Kind::ping, {}};
    }
    if (is_begun_ping(rest)) return {};
    // A pong, or the line ends that some senders add after a message.
    if (rest.substr(0, 2) == "\r\n") taken_ += 2;
    if (const Frame frame = next_head(); end_ == 0) return frame;
  }
  if (buffer_.size() < end_) return {};
  const Frame frame{Kind::message, std::string_view{buffer_}.substr(taken_, end_ - taken_)};
  taken_ = end_;
  end_ = 0;
  return frame;
}

/// Sets end_ once the head is complete.
StreamFramer::Frame StreamFramer::next_head() {
  constexpr std::string_view kHeadEnd = "\r\n\r\n";
  const std::size_t end = buffer_.find(kHeadEnd, std::max(scanned_, taken_));
  if (end == std::string::npos) {
    if (held() > longest_) return break_off(Kind::broken, {});
    scanned_ = buffer_.size() - std::min<std::size_t>(buffer_.size(), kHeadEnd.size() - 1);
    return {};
  }
  const std::size_t head = end + kHeadEnd.size() - taken_;
  const auto header_index = HeaderIndex::parse(std::string_view{buffer_}.substr(taken_, head));
  if (!header_index) return break_off(Kind::broken, {});
  const auto length = content_length(*header_index);
  if (!length) return break_off(Kind::broken, header_index->head());
  if (head + *length > longest_) return break_off(Kind::too_long, header_index->head());
  end_ = taken_ + head + *length;
  scanned_ = end_;
  return {};
}

bool StreamFramer::mid_message() const {
  return !is_begun_ping(std::string_view{buffer_}.substr(taken_));
}

StreamFramer::Frame StreamFramer::break_off(Kind kind, std::string_view bytes) {
  broken_ = true;
  return {kind, bytes};
}

}  // namespace avedge::sip
