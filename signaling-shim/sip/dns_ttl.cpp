#include "signaling-shim/sip/dns_ttl.h"

#include <algorithm>

namespace avedge::sip {
namespace {

constexpr std::size_t kHeaderSize = 12;
constexpr std::size_t kQuestionTail = 4;  // type, class
constexpr std::size_t kRecordTail = 10;   // type, class, TTL, length of the data

/// The position after the name at `at`, which ends with an empty label or a pointer (§4.1.4); npos
/// if it does not end.
std::size_t skip_name(ConstBytes message, std::size_t at) {
  constexpr unsigned kPointer = 0xC0;
  while (at < message.size()) {
    const auto length = static_cast<unsigned>(message[at]);
    if ((length & kPointer) == kPointer) return at + 2;
    if ((length & kPointer) != 0) break;
    at += 1 + length;
    if (length == 0) return at;
  }
  return std::string_view::npos;
}

bool fits(ConstBytes message, std::size_t at, std::size_t size) {
  return at <= message.size() && size <= message.size() - at;
}

}  // namespace

std::chrono::seconds shortest_ttl(ConstBytes message) {
  if (message.size() < kHeaderSize) return {};
  std::size_t at = kHeaderSize;
  for (unsigned i = load_be16(message.data() + 4); i > 0; --i) {
    at = skip_name(message, at);
    if (!fits(message, at, kQuestionTail)) return {};
    at += kQuestionTail;
  }
  std::uint32_t shortest = 0xffffffff;
  const unsigned answers = load_be16(message.data() + 6);
  for (unsigned i = answers; i > 0; --i) {
    at = skip_name(message, at);
    if (!fits(message, at, kRecordTail)) return {};
    shortest = std::min(shortest, load_be32(message.data() + at + 4));
    at += kRecordTail + load_be16(message.data() + at + 8);
  }
  return std::chrono::seconds{answers == 0 ? 0 : shortest};
}

}  // namespace avedge::sip
