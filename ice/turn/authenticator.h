// Knows the users and decides whether a message was protected by one of them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ice/stun/integrity.h"
#include "ice/turn/settings.h"
#include "relay/core/clock.h"

namespace avedge::turn {

/// Somebody whose message verified.
struct Identity {
  /// Whom quotas are booked on: for time-limited credentials the name behind the expiry, which
  /// stays the same when they are renewed. Lives as long as the message.
  std::string_view user;
  /// Protects the answers.
  stun::LongTermKey key{};
  /// The time-limited credentials have run out: good for what was granted before, and for nothing
  /// new. A client cannot change its credentials in the middle of a call.
  bool expired = false;
};

/// Unix time; credentials that expire are the only thing that needs the civil calendar.
using WallClock = std::function<UnixSeconds()>;

/// One thread. Never remembers what it saw, so no stranger can make it grow.
class Authenticator {
 public:
  Authenticator(const Credentials& credentials, WallClock wall_clock);

  /// Nothing if `username` is unknown, or if the integrity of `message` is not theirs;
  /// the two are not told apart, so that nobody can ask for names.
  [[nodiscard]] std::optional<Identity> verify(const stun::StunView& message,
                                               std::string_view username) const;
  [[nodiscard]] const std::string& realm() const { return realm_; }

 private:
  [[nodiscard]] std::optional<Identity> verify_time_limited(const stun::StunView& message,
                                                            std::string_view username) const;

  std::string realm_;
  std::map<std::string, stun::LongTermKey, std::less<>> users_;
  std::vector<std::string> secrets_;
  WallClock wall_clock_;
};

/// The password that goes with a time-limited user name: base64(HMAC-SHA1(secret, username)).
[[nodiscard]] std::string time_limited_password(std::string_view secret, std::string_view username);

}  // namespace avedge::turn
