#include "ice/stun/hmac.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>
#include <memory>

namespace avedge::stun {
namespace {

struct FreeContext {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MAC_CTX, FreeContext>;

Context make_context(const char* digest) {
  EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  Context context{EVP_MAC_CTX_new(hmac)};
  EVP_MAC_free(hmac);  // the context keeps its own reference
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
      OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_CTX_set_params(context.get(), parameters) != 1) std::abort();
  return context;
}

template <class Code>
Code compute(EVP_MAC_CTX* context, ConstBytes key, std::initializer_list<ConstBytes> parts) {
  static constexpr unsigned char kEmptyKey = 0;  // a null key would mean "the one used before"
  const auto* const key_bytes =
      key.empty() ? &kEmptyKey : reinterpret_cast<const unsigned char*>(key.data());
  bool done = EVP_MAC_init(context, key_bytes, key.size(), nullptr) == 1;
  for (const ConstBytes part : parts) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(part.data());
    done = done && EVP_MAC_update(context, bytes, part.size()) == 1;
  }
  Code code;
  std::size_t length = 0;
  done = done && EVP_MAC_final(context, reinterpret_cast<unsigned char*>(code.data()), &length,
                               code.size()) == 1;
  if (!done || length != code.size()) std::abort();
  return code;
}

}  // namespace

Sha1Code hmac_sha1(ConstBytes key, std::initializer_list<ConstBytes> parts) {
  static thread_local const Context context = make_context("SHA1");
  return compute<Sha1Code>(context.get(), key, parts);
}

Sha256Code hmac_sha256(ConstBytes key, std::initializer_list<ConstBytes> parts) {
  static thread_local const Context context = make_context("SHA256");
  return compute<Sha256Code>(context.get(), key, parts);
}

bool equal_in_constant_time(ConstBytes a, ConstBytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace avedge::stun
