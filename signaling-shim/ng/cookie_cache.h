// The replies of the last half minute or so. A client that saw no reply asks again with the same
// cookie: it must get the same reply, and nothing may be carried out twice.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "relay/core/clock.h"

namespace avedge::ng {

/// Remembers by (peer, cookie): two clients may well use the same cookie. Two generations, of which
/// the older one goes when the younger one is old or big enough; so memory is bounded, and an
/// answer lives between kGeneration and twice that.
class CookieCache {
 public:
  /// Clients repeat a request for some seconds.
  static constexpr std::chrono::seconds kGeneration{30};
  /// Of one generation, keys and an estimate of the table included.
  static constexpr std::size_t kMaxBytes = 32 * 1024 * 1024;

  /// Null if that question was not answered lately; valid until the next call.
  [[nodiscard]] const std::string* find(Time now, std::string_view peer, std::string_view cookie);
  void insert(Time now, std::string_view peer, std::string_view cookie, std::string reply);

  [[nodiscard]] std::size_t size() const { return young_.size() + old_.size(); }

 private:
  using Replies = std::unordered_map<std::string, std::string>;
  void age(Time now);
  void turn_over(Time now);

  Replies young_;
  Replies old_;
  std::size_t young_bytes_ = 0;
  Time young_since_{};
};

}  // namespace avedge::ng
