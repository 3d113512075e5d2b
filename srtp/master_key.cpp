#include "srtp/master_key.h"

#include <string.h>

#include <algorithm>

namespace avedge::srtp {

std::optional<MasterKey> MasterKey::from_bytes(CryptoSuite suite, ConstBytes key_and_salt,
                                               ConstBytes mki) {
  if (key_and_salt.size() != sizes_of(suite).key_and_salt()) return std::nullopt;
  if (mki.size() > kMaxMkiSize) return std::nullopt;
  MasterKey key{suite};
  std::copy(key_and_salt.begin(), key_and_salt.end(), key.secret_.begin());
  std::copy(mki.begin(), mki.end(), key.mki_.begin());
  key.mki_size_ = static_cast<std::uint8_t>(mki.size());
  return key;
}

MasterKey::~MasterKey() {
  explicit_bzero(secret_.data(), secret_.size());
}

}  // namespace avedge::srtp
