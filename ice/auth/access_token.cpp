#include "ice/auth/access_token.h"

#include <openssl/evp.h>

#include <memory>

namespace avedge::turn {
namespace {

/// RFC 7635 Appendix A: AEAD_AES_128_GCM and AEAD_AES_256_GCM have 16 bytes of tag.
constexpr std::size_t kTagSize = 16;
/// RFC 5116 §5.1: 12 bytes; GCM allows others, but they are not used.
constexpr std::size_t kNonceSize = 12;
/// The length of the key, the timestamp and the lifetime.
constexpr std::size_t kFixedSize = 2 + 8 + 4;
/// Shorter session keys are not valid.
constexpr std::size_t kShortestMacKey = 16;
/// RFC 7635 §4.1.1: Δ.
constexpr std::chrono::seconds kPatience{5};

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;
using Plain = std::array<std::byte, kFixedSize + IntegrityKey::kMaxSize>;

const unsigned char* raw(ConstBytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// AES-GCM over `sealed`, followed by the tag. `plain` is as long as `sealed`.
bool decrypt(const TokenKey& key, ConstBytes nonce, ConstBytes associated, ConstBytes sealed,
             ConstBytes tag, Bytes plain) {
  const CipherContext context{EVP_CIPHER_CTX_new()};
  const EVP_CIPHER* cipher =
      key.algorithm == TokenKey::Algorithm::a128gcm ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
  auto* const out = reinterpret_cast<unsigned char*>(plain.data());
  int written = 0;
  return context &&
         EVP_DecryptInit_ex(context.get(), cipher, nullptr, raw(key.key), raw(nonce)) == 1 &&
         EVP_DecryptUpdate(context.get(), nullptr, &written, raw(associated),
                           static_cast<int>(associated.size())) == 1 &&
         EVP_DecryptUpdate(context.get(), out, &written, raw(sealed),
                           static_cast<int>(sealed.size())) == 1 &&
         EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag.size()),
                             const_cast<unsigned char*>(raw(tag))) == 1 &&
         EVP_DecryptFinal_ex(context.get(), out + written, &written) == 1;
}

}  // namespace

std::optional<AccessToken> open_access_token(ConstBytes value, const TokenKey& key,
                                             std::string_view server_name) {
  constexpr std::size_t kAround = 2 + kNonceSize + kTagSize;
  if (value.size() < kAround + kFixedSize + kShortestMacKey ||
      value.size() > kAround + Plain{}.size() || load_be16(value.data()) != kNonceSize) {
    return std::nullopt;
  }
  const ConstBytes nonce = value.subspan(2, kNonceSize);
  const ConstBytes sealed = value.subspan(2 + kNonceSize, value.size() - kAround);
  const ConstBytes tag = value.last(kTagSize);
  Plain plain;
  if (!decrypt(key, nonce, bytes_of(server_name), sealed, tag, Bytes{plain}.first(sealed.size()))) {
    return std::nullopt;
  }

  const std::size_t key_size = load_be16(plain.data());
  if (key_size < kShortestMacKey || key_size + kFixedSize != sealed.size()) return std::nullopt;
  const std::byte* const behind = plain.data() + 2 + key_size;
  AccessToken token;
  token.mac_key = IntegrityKey{ConstBytes{plain}.subspan(2, key_size)};
  // 48 bits of seconds and 16 of fractions (RFC 7635 §6.2).
  token.issued = UnixSeconds{static_cast<std::int64_t>(load_be64(behind) >> 16)};
  token.lifetime = std::chrono::seconds{load_be32(behind + 8)};
  return token;
}

std::optional<std::chrono::seconds> time_left(const AccessToken& token, UnixSeconds now) {
  const auto apart = now > token.issued ? now - token.issued : token.issued - now;
  if (apart >= token.lifetime + kPatience) return std::nullopt;
  // A token from the future (its server's clock is ahead) counts only for its lifetime.
  const auto age = std::max(now - token.issued, std::chrono::seconds{0});
  return std::max(token.lifetime - age, std::chrono::seconds{1});
}

}  // namespace avedge::turn
