// One SRTP master key with its salt. Wherever the bytes come to lie, they are wiped there when the
// object goes: a core dump or a reused page tells nothing about a finished call.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "relay/core/bytes.h"
#include "srtp/crypto_suite.h"

namespace avedge::srtp {

/// RFC 4568 §6.1: the length of a master key identifier is 1 to 128 bytes.
inline constexpr std::size_t kMaxMkiSize = 128;

/// RFC 3711 §9.2: one master key protects at most 2^48 SRTP packets.
inline constexpr std::uint64_t kMaxKeyLifetime = std::uint64_t{1} << 48;

/// A value: copies are independent, each wipes its own secret.
class MasterKey {
 public:
  /// `key_and_salt` is the master key followed by the master salt, as libsrtp and RFC 4568 order
  /// them; `mki` stands behind every packet protected with this key, empty for none. Nothing if a
  /// length does not suit `suite`, or `mki` is longer than kMaxMkiSize.
  static std::optional<MasterKey> from_bytes(CryptoSuite suite, ConstBytes key_and_salt,
                                             ConstBytes mki = {});
  MasterKey(const MasterKey&) = default;
  MasterKey& operator=(const MasterKey&) = default;
  ~MasterKey();

  [[nodiscard]] CryptoSuite suite() const { return suite_; }
  /// Lives as long as this object.
  [[nodiscard]] ConstBytes key_and_salt() const {
    return ConstBytes{secret_}.first(sizes_of(suite_).key_and_salt());
  }
  /// In network order; empty if the key has none. Lives as long as this object.
  [[nodiscard]] ConstBytes mki() const { return ConstBytes{mki_}.first(mki_size_); }

 private:
  explicit MasterKey(CryptoSuite suite) : suite_{suite} {}

  std::array<std::byte, kMaxKeyAndSalt> secret_{};
  std::array<std::byte, kMaxMkiSize> mki_{};
  std::uint8_t mki_size_ = 0;
  CryptoSuite suite_;
};

}  // namespace avedge::srtp
