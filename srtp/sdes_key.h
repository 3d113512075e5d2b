// The key of one direction of media, as SDP security descriptions carry it:
//   a=crypto:<tag> <suite> inline:<base64 key and salt>[|lifetime][|MKI:length] [session
//   parameters]
// (RFC 4568 §9.2). This is what comes behind "a=crypto:".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "relay/core/drop_reason.h"
#include "srtp/crypto_suite.h"
#include "srtp/master_key.h"

namespace avedge::srtp {

/// A longer attribute is refused unread. Room for kMaxMasterKeys with long identifiers.
inline constexpr std::size_t kMaxSdesLength = 2048;
/// RFC 4568 names no limit. A peer needs two: the key in use and the next one.
inline constexpr std::size_t kMaxMasterKeys = 4;

/// Owns everything: the text may go after parse().
class SdesKey {
 public:
  /// Reads the value of one crypto attribute.
  /// Fails with sdp_malformed where the text breaks the grammar or a length contradicts the suite,
  /// and with sdp_unsupported for what is well-formed and cannot be honoured: an unknown suite or
  /// key method, a key derivation rate, unencrypted or unauthenticated media, FEC, and (a MUST
  /// of RFC 4568 §6.3) any unknown session parameter that no leading '-' marks as optional.
  [[nodiscard]] static Verdict<SdesKey> parse(std::string_view value);

  /// 0 to 999 999 999; ties an answer to the attribute of the offer it accepts (RFC 4568 §5.1.2).
  [[nodiscard]] std::uint32_t tag() const { return tag_; }
  [[nodiscard]] CryptoSuite suite() const { return suite_; }
  /// 1 to kMaxMasterKeys; several only if each has an MKI, all of one length and no two the same
  /// (RFC 4568 §6.1).
  [[nodiscard]] const std::vector<MasterKey>& keys() const { return keys_; }
  /// Packets that each key may protect, 1 to kMaxKeyLifetime (which is also what silence means).
  /// Keys that name different lifetimes all get the shortest.
  [[nodiscard]] std::uint64_t lifetime() const { return lifetime_; }

 private:
  SdesKey() = default;
  [[nodiscard]] Verdict<void> add_keys(std::string_view params);
  [[nodiscard]] Verdict<void> add_key(std::string_view param);
  [[nodiscard]] bool identifiers_agree() const;

  std::uint32_t tag_ = 0;
  CryptoSuite suite_ = CryptoSuite::aes_cm_128_hmac_sha1_80;
  std::uint64_t lifetime_ = kMaxKeyLifetime;
  std::vector<MasterKey> keys_;
};

}  // namespace avedge::srtp
