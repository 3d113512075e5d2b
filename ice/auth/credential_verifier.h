// Knows the users and decides whether one of them protected a message.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ice/auth/credentials.h"
#include "ice/auth/identity.h"
#include "ice/auth/integrity_check.h"
#include "ice/auth/nonce.h"
#include "ice/stun/long_term_key.h"
#include "relay/core/clock.h"

namespace avedge::turn {

/// Unix time; only expiring credentials require the civil calendar. Any thread.
using WallClock = std::function<UnixSeconds()>;

/// The credentials in a message. Views into the message.
struct PresentedCredentials {
  /// Empty if the name is hidden in `user_hash`.
  std::string_view username;
  std::optional<stun::UserHash> user_hash;
  std::optional<ConstBytes> access_token;
  stun::PasswordAlgorithm algorithm = stun::PasswordAlgorithm::md5;
};

/// Immutable after construction, which requires a hash for each user and realm; then any thread.
/// Stores nothing from requests, so unauthenticated clients cannot make it grow.
class CredentialVerifier {
 public:
  CredentialVerifier(const Credentials& credentials, WallClock wall_clock);
  CredentialVerifier(const CredentialVerifier&) = delete;  // its realms point into themselves
  CredentialVerifier& operator=(const CredentialVerifier&) = delete;

  /// Nothing if the user is unknown, or if the integrity of the message does not match; the two are
  /// indistinguishable, to prevent probing for names. `listener` as in Path.
  [[nodiscard]] std::optional<Identity> verify(const IntegrityCheck& message,
                                               const PresentedCredentials& presented,
                                               std::uint16_t listener) const;

  [[nodiscard]] const std::string& realm(std::uint16_t listener) const {
    return realm_of(listener).name;
  }
  /// The features announced in challenges there.
  [[nodiscard]] SecurityFeatures features(std::uint16_t listener) const;
  /// The value of PASSWORD-ALGORITHMS, if that is announced.
  [[nodiscard]] ConstBytes offered_algorithms() const { return offered_; }
  [[nodiscard]] bool is_offered(stun::PasswordAlgorithm algorithm) const;
  /// The value of THIRD-PARTY-AUTHORIZATION (RFC 7635 §6.1); empty without access tokens.
  [[nodiscard]] std::string_view third_party() const;

 private:
  struct UserKeys {
    std::optional<stun::LongTermKey> md5;
    std::optional<stun::LongTermKeySha256> sha256;
  };
  struct Realm {
    std::string name;
    std::map<std::string, UserKeys, std::less<>> users;
    std::map<stun::UserHash, std::string_view> names;  // of the users
  };

  [[nodiscard]] Realm make_realm(const std::string& name) const;
  [[nodiscard]] const Realm& realm_of(std::uint16_t listener) const;
  [[nodiscard]] std::optional<Identity> verify_static(const IntegrityCheck& message,
                                                      const PresentedCredentials& presented,
                                                      const Realm& realm) const;
  [[nodiscard]] std::optional<Identity> verify_time_limited(const IntegrityCheck& message,
                                                            const PresentedCredentials& presented,
                                                            const Realm& realm) const;
  [[nodiscard]] std::optional<Identity> verify_token(const IntegrityCheck& message,
                                                     const PresentedCredentials& presented) const;

  Credentials credentials_;
  std::vector<Realm> realms_;             // the default one first
  std::vector<std::size_t> by_listener_;  // → realms_
  std::vector<std::byte> offered_;
  WallClock wall_clock_;
};

}  // namespace avedge::turn
