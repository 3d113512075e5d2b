#include "ice/auth/credential_verifier.h"

#include <algorithm>

#include "ice/auth/access_token.h"
#include "ice/auth/time_limited.h"
#include "ice/stun/password_algorithm.h"

namespace avedge::turn {
namespace {

using stun::PasswordAlgorithm;

/// The most preferred first (RFC 8489 §9.2.4).
std::vector<PasswordAlgorithm> algorithms(Authentication authentication) {
  switch (authentication) {
    case Authentication::md5: return {PasswordAlgorithm::md5};
    case Authentication::sha256: return {PasswordAlgorithm::sha256};
    case Authentication::both: break;
  }
  return {PasswordAlgorithm::sha256, PasswordAlgorithm::md5};
}

/// The identity if `key` protects the message.
std::optional<Identity> identity_if(const IntegrityCheck& message, std::string_view user,
                                    ConstBytes key) {
  if (!message.matches(key)) return std::nullopt;
  return Identity{user, IntegrityKey{key}};
}

}  // namespace

CredentialVerifier::CredentialVerifier(const Credentials& credentials, WallClock wall_clock)
    : credentials_{credentials},
      offered_{stun::password_algorithms(algorithms(credentials.authentication))},
      wall_clock_{std::move(wall_clock)} {
  realms_.push_back(make_realm(credentials.realm));
  for (const std::string& name : credentials.listener_realms) {
    auto known = std::find_if(realms_.begin(), realms_.end(), [&](const Realm& realm) {
      return realm.name == (name.empty() ? credentials.realm : name);
    });
    if (known == realms_.end()) known = realms_.insert(known, make_realm(name));
    by_listener_.push_back(static_cast<std::size_t>(known - realms_.begin()));
  }
}

CredentialVerifier::Realm CredentialVerifier::make_realm(const std::string& name) const {
  Realm realm{name, {}, {}};
  for (const auto& [user, secret] : credentials_.users) {
    UserKeys keys;
    if (!secret.password.empty()) {
      keys = {stun::long_term_key(user, name, secret.password),
              stun::long_term_key_sha256(user, name, secret.password)};
    } else if (name == (secret.realm.empty() ? credentials_.realm : secret.realm)) {
      keys = {secret.md5_key, secret.sha256_key};
    } else {
      continue;  // known elsewhere
    }
    const auto added = realm.users.emplace(user, keys).first;
    realm.names.emplace(stun::user_hash(user, name), added->first);
  }
  return realm;
}

const CredentialVerifier::Realm& CredentialVerifier::realm_of(std::uint16_t listener) const {
  return realms_[listener < by_listener_.size() ? by_listener_[listener] : 0];
}

SecurityFeatures CredentialVerifier::features(std::uint16_t listener) const {
  if (credentials_.authentication == Authentication::md5) return {};
  const auto& users = realm_of(listener).users;
  const bool by_secret = !credentials_.shared_secrets.empty();
  const bool by_password =
      std::any_of(users.begin(), users.end(), [](const auto& user) { return user.second.sha256; });
  // A client that is offered anonymity hides its name, and only names of users can be resolved:
  // those of time-limited credentials and of token keys cannot, so anonymity is not offered then.
  const bool all_known = !by_secret && credentials_.token_keys.empty();
  return {by_secret || by_password, by_password && all_known,
          static_cast<std::uint8_t>(credentials_.authentication)};
}

bool CredentialVerifier::is_offered(PasswordAlgorithm algorithm) const {
  const auto offered = algorithms(credentials_.authentication);
  return std::find(offered.begin(), offered.end(), algorithm) != offered.end();
}

std::string_view CredentialVerifier::third_party() const {
  return credentials_.token_keys.empty() ? std::string_view{} : credentials_.server_name;
}

std::optional<Identity> CredentialVerifier::verify(const IntegrityCheck& message,
                                                   const PresentedCredentials& presented,
                                                   std::uint16_t listener) const {
  if (presented.access_token) return verify_token(message, presented);
  if (!is_offered(presented.algorithm)) return std::nullopt;
  const Realm& realm = realm_of(listener);
  if (auto identity = verify_static(message, presented, realm)) return identity;
  return verify_time_limited(message, presented, realm);
}

std::optional<Identity> CredentialVerifier::verify_static(const IntegrityCheck& message,
                                                          const PresentedCredentials& presented,
                                                          const Realm& realm) const {
  std::string_view name = presented.username;
  if (presented.user_hash) {
    const auto hidden = realm.names.find(*presented.user_hash);
    if (hidden == realm.names.end()) return std::nullopt;
    name = hidden->second;
  }
  const auto user = realm.users.find(name);
  if (user == realm.users.end()) return std::nullopt;
  const UserKeys& keys = user->second;
  if (presented.algorithm == PasswordAlgorithm::sha256) {
    return keys.sha256 ? identity_if(message, user->first, *keys.sha256) : std::nullopt;
  }
  return keys.md5 ? identity_if(message, user->first, *keys.md5) : std::nullopt;
}

std::optional<Identity> CredentialVerifier::verify_time_limited(
    const IntegrityCheck& message, const PresentedCredentials& presented,
    const Realm& realm) const {
  if (credentials_.shared_secrets.empty() || realm.users.contains(presented.username)) {
    return std::nullopt;
  }
  const std::string_view username = presented.username;
  const auto parsed = parse_time_limited(username);
  if (!parsed) return std::nullopt;
  const std::string_view user = parsed->name.empty() ? username : parsed->name;
  for (const std::string& secret : credentials_.shared_secrets) {
    for (const auto hash : {PasswordHash::sha1, PasswordHash::sha256}) {
      const std::string password = time_limited_password(secret, username, hash);
      auto identity =
          presented.algorithm == PasswordAlgorithm::sha256
              ? identity_if(message, user,
                            stun::long_term_key_sha256(username, realm.name, password))
              : identity_if(message, user, stun::long_term_key(username, realm.name, password));
      if (!identity) continue;
      identity->expired = parsed->expiry <= wall_clock_();
      return identity;
    }
  }
  return std::nullopt;
}

/// RFC 7635 §4.1.1 and §8: the name is the id of the key, and the token contains the MAC key.
std::optional<Identity> CredentialVerifier::verify_token(
    const IntegrityCheck& message, const PresentedCredentials& presented) const {
  const auto key = credentials_.token_keys.find(std::string{presented.username});
  if (key == credentials_.token_keys.end()) return std::nullopt;
  const auto token =
      open_access_token(*presented.access_token, key->second, credentials_.server_name);
  if (!token) return std::nullopt;
  const auto left = time_left(*token, wall_clock_());
  if (!left) return std::nullopt;
  const ConstBytes mac_key = token->mac_key.bytes();
  auto identity = identity_if(message, key->first, mac_key);
  // coturn and its client sign with only as many key bytes as an MD5 key has.
  constexpr std::size_t kCoturnKeySize = 16;
  if (!identity && mac_key.size() > kCoturnKeySize) {
    identity = identity_if(message, key->first, mac_key.first(kCoturnKeySize));
  }
  if (identity) identity->token_left = left;
  return identity;
}

}  // namespace avedge::turn
