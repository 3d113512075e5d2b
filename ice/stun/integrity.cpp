#include "ice/stun/integrity.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

#include "ice/stun/hmac.h"

namespace avedge::stun {
namespace {

struct FreeDigest {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// The first four bytes of the header as the sender hashed them: the length counts everything up
/// to and including the code, and nothing behind it (§14.5).
std::array<std::byte, 4> hashed_header(const StunView::SealView& seal) {
  std::array<std::byte, 4> header{seal.covered[0], seal.covered[1]};
  const std::size_t length =
      seal.covered.size() - kStunHeaderSize + kStunAttributeHeaderSize + seal.code.size();
  store_be16(&header[2], static_cast<std::uint16_t>(length));
  return header;
}

}  // namespace

LongTermKey long_term_key(std::string_view user, std::string_view realm,
                          std::string_view password) {
  static thread_local const std::unique_ptr<EVP_MD, FreeDigest> md5{
      EVP_MD_fetch(nullptr, "MD5", nullptr)};
  static thread_local const std::unique_ptr<EVP_MD_CTX, FreeDigest> context{EVP_MD_CTX_new()};
  LongTermKey key;
  bool done = EVP_DigestInit_ex2(context.get(), md5.get(), nullptr) == 1;
  for (const std::string_view part :
       {user, std::string_view{":"}, realm, std::string_view{":"}, password}) {
    done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  done = done && EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(key.data()),
                                    nullptr) == 1;
  if (!done) std::abort();  // a library without MD5 cannot serve long-term credentials at all
  return key;
}

bool has_integrity(const StunView& message) {
  return message.seal(StunView::Seal::sha256) || message.seal(StunView::Seal::sha1);
}

bool verify_integrity(const StunView& message, ConstBytes key) {
  if (const auto seal = message.seal(StunView::Seal::sha256)) {
    const auto code = hmac_sha256(key, {hashed_header(*seal), seal->covered.subspan(4)});
    return equal_in_constant_time(code, seal->code);
  }
  if (const auto seal = message.seal(StunView::Seal::sha1)) {
    const auto code = hmac_sha1(key, {hashed_header(*seal), seal->covered.subspan(4)});
    return equal_in_constant_time(code, seal->code);
  }
  return false;
}

}  // namespace avedge::stun
