#include "srtp/crypto_suite.h"

#include <array>

namespace avedge::srtp {
namespace {

struct SuiteFacts {
  std::string_view name;
  SuiteSizes sizes;
};

// Indexed by CryptoSuite.
constexpr std::array<SuiteFacts, 4> kSuites{{
    {"AES_CM_128_HMAC_SHA1_80", {.key = 16, .salt = 14, .rtp_tag = 10, .rtcp_tag = 10}},
    {"AES_CM_128_HMAC_SHA1_32", {.key = 16, .salt = 14, .rtp_tag = 4, .rtcp_tag = 10}},
    {"AEAD_AES_128_GCM", {.key = 16, .salt = 12, .rtp_tag = 16, .rtcp_tag = 16}},
    {"AEAD_AES_256_GCM", {.key = 32, .salt = 12, .rtp_tag = 16, .rtcp_tag = 16}},
}};

constexpr bool every_key_fits() {
  for (const SuiteFacts& suite : kSuites) {
    if (suite.sizes.key_and_salt() > kMaxKeyAndSalt) return false;
  }
  return true;
}
static_assert(every_key_fits());

}  // namespace

SuiteSizes sizes_of(CryptoSuite suite) {
  return kSuites[static_cast<std::size_t>(suite)].sizes;
}

std::string_view to_string(CryptoSuite suite) {
  return kSuites[static_cast<std::size_t>(suite)].name;
}

std::optional<CryptoSuite> suite_named(std::string_view name) {
  for (std::size_t i = 0; i < kSuites.size(); ++i) {
    if (kSuites[i].name == name) return static_cast<CryptoSuite>(i);
  }
  return std::nullopt;
}

}  // namespace avedge::srtp
