#include "signaling-shim/ng/cookie_cache.h"

#include <utility>

namespace avedge::ng {
namespace {

/// A cookie has no blanks, so no two pairs make the same key.
std::string key_of(std::string_view peer, std::string_view cookie) {
  std::string key;
  key.reserve(cookie.size() + 1 + peer.size());
  key.append(cookie).append(1, ' ').append(peer);
  return key;
}

/// Of one entry besides its bytes: node, hash and two string headers.
constexpr std::size_t kOverhead = 128;

}  // namespace

const std::string* CookieCache::find(Time now, std::string_view peer, std::string_view cookie) {
  age(now);
  const std::string key = key_of(peer, cookie);
  for (const Replies* replies : {&young_, &old_}) {
    const auto found = replies->find(key);
    if (found != replies->end()) return &found->second;
  }
  return nullptr;
}

void CookieCache::insert(Time now, std::string_view peer, std::string_view cookie,
                         std::string reply) {
  age(now);
  std::string key = key_of(peer, cookie);
  const std::size_t bytes = key.size() + reply.size() + kOverhead;
  if (young_bytes_ + bytes > kMaxBytes) turn_over(now);
  young_bytes_ += bytes;
  young_.insert_or_assign(std::move(key), std::move(reply));
}

void CookieCache::age(Time now) {
  if (now - young_since_ < kGeneration) return;
  const bool is_stale = now - young_since_ >= 2 * kGeneration;
  turn_over(now);
  if (is_stale) old_.clear();
}

void CookieCache::turn_over(Time now) {
  old_ = std::exchange(young_, {});
  young_bytes_ = 0;
  young_since_ = now;
}

}  // namespace avedge::ng
