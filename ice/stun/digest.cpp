#include "ice/stun/digest.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

namespace avedge::stun {
namespace {

struct Free {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Digest = std::unique_ptr<EVP_MD, Free>;

template <class Code>
Code compute(const EVP_MD* digest, std::initializer_list<ConstBytes> parts) {
  static thread_local const std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
  bool done = EVP_DigestInit_ex2(context.get(), digest, nullptr) == 1;
  for (const ConstBytes part : parts) {
    done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  Code code;
  unsigned length = 0;
  done = done && EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(code.data()),
                                    &length) == 1;
  if (!done || length != code.size()) std::abort();
  return code;
}

}  // namespace

// Fetched once per thread: a fetch costs more than the hash.

Md5Code md5(std::initializer_list<ConstBytes> parts) {
  static thread_local const Digest digest{EVP_MD_fetch(nullptr, "MD5", nullptr)};
  return compute<Md5Code>(digest.get(), parts);
}

Sha256Code sha256(std::initializer_list<ConstBytes> parts) {
  static thread_local const Digest digest{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  return compute<Sha256Code>(digest.get(), parts);
}

}  // namespace avedge::stun
