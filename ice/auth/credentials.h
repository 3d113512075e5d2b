// The configured users of the relay (RFC 8489 §9.2, RFC 7635). Texts are UTF-8 in the form of
// OpaqueString (RFC 8265).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ice/stun/long_term_key.h"

namespace avedge::turn {

/// A password, or keys derived from one. Keys belong to one user in one realm, and without the
/// SHA-256 one the user cannot log in with that algorithm.
struct UserSecret {
  std::string password;
  std::optional<stun::LongTermKey> md5_key;
  std::optional<stun::LongTermKeySha256> sha256_key;
  /// Of the keys; empty: the default realm. A password is valid in every realm.
  std::string realm;
};

/// The accepted password algorithms of RFC 8489.
enum class Authentication : std::uint8_t {
  md5,    // as in RFC 5389: the smallest challenges
  both,   // SHA-256 is offered, MD5 is accepted from clients that support nothing else
  sha256  // MD5 is refused
};

/// RFC 7635 §4.1.1: the authorization server's key for access tokens.
struct TokenKey {
  enum class Algorithm : std::uint8_t { a128gcm, a256gcm };
  Algorithm algorithm = Algorithm::a256gcm;
  std::vector<std::byte> key;  // 16 or 32 bytes
};

struct Credentials {
  std::string realm;
  /// Of each listener, as Path::listener counts them; empty, or none: the realm above.
  std::vector<std::string> listener_realms;
  std::map<std::string, UserSecret> users;
  /// Time-limited credentials: USERNAME is "expiry:name", expiry in Unix seconds, and the password
  /// is base64(HMAC(secret, USERNAME)), by SHA-1 or SHA-256. All secrets are accepted, for
  /// rotation.
  std::vector<std::string> shared_secrets;
  Authentication authentication = Authentication::both;
  /// By key id, which clients send as USERNAME. Empty: no access tokens.
  std::map<std::string, TokenKey> token_keys;
  /// The name that access tokens are bound to (RFC 7635 §6.1).
  std::string server_name;
};

}  // namespace avedge::turn
