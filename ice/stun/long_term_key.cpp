#include "ice/stun/long_term_key.h"

namespace avedge::stun {

LongTermKey long_term_key(std::string_view user, std::string_view realm,
                          std::string_view password) {
  return md5({bytes_of(user), bytes_of(":"), bytes_of(realm), bytes_of(":"), bytes_of(password)});
}

LongTermKeySha256 long_term_key_sha256(std::string_view user, std::string_view realm,
                                       std::string_view password) {
  return sha256(
      {bytes_of(user), bytes_of(":"), bytes_of(realm), bytes_of(":"), bytes_of(password)});
}

UserHash user_hash(std::string_view user, std::string_view realm) {
  return sha256({bytes_of(user), bytes_of(":"), bytes_of(realm)});
}

}  // namespace avedge::stun
