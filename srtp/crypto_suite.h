// The SRTP crypto suites this edge speaks, and the sizes that follow from each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace avedge::srtp {

enum class CryptoSuite : std::uint8_t {
  aes_cm_128_hmac_sha1_80,  // RFC 4568 §6.2.1
  aes_cm_128_hmac_sha1_32,  // RFC 4568 §6.2.2: a short tag on RTP, the long one on RTCP
  aead_aes_128_gcm,         // RFC 7714 §14.2
  aead_aes_256_gcm          // RFC 7714 §14.2
};

/// All sizes in bytes.
struct SuiteSizes {
  std::size_t key;
  std::size_t salt;
  std::size_t rtp_tag;
  std::size_t rtcp_tag;

  [[nodiscard]] constexpr std::size_t key_and_salt() const { return key + salt; }
};

/// The largest key_and_salt() of all suites.
inline constexpr std::size_t kMaxKeyAndSalt = 44;

[[nodiscard]] SuiteSizes sizes_of(CryptoSuite suite);

/// The name as it stands in SDP, e.g. "AES_CM_128_HMAC_SHA1_80".
[[nodiscard]] std::string_view to_string(CryptoSuite suite);

/// The suite registered under exactly this name; an unknown name gives nothing.
[[nodiscard]] std::optional<CryptoSuite> suite_named(std::string_view name);

}  // namespace avedge::srtp
