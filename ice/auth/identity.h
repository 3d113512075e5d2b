// The sender of a verified message.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>

#include "relay/core/bytes.h"

namespace avedge::turn {

/// The key of one user's codes: a long-term key (16 or 32 bytes), or the session key of an access
/// token.
class IntegrityKey {
 public:
  /// SHA-512's, the longest that authorization servers issue.
  static constexpr std::size_t kMaxSize = 64;

  IntegrityKey() = default;
  /// At most kMaxSize bytes.
  explicit IntegrityKey(ConstBytes bytes) : size_{bytes.size()} {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  [[nodiscard]] ConstBytes bytes() const { return ConstBytes{bytes_}.first(size_); }

 private:
  std::array<std::byte, kMaxSize> bytes_{};
  std::size_t size_ = 0;
};

struct Identity {
  /// The user charged for quotas: for time-limited credentials the name after the expiry, which
  /// stays the same when they are renewed; for access tokens the id of their key. Lives as long as
  /// the message and the rules.
  std::string_view user;
  IntegrityKey key;
  /// The time-limited credentials have expired: valid for existing grants, not for new ones. A
  /// client cannot change its credentials during a call.
  bool expired = false;
  /// Of an access token: the maximum lifetime of grants (RFC 7635 §9).
  std::optional<std::chrono::seconds> token_left;
};

}  // namespace avedge::turn
