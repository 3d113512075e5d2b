#include "relay/secure/tls_policy.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

namespace avedge::secure {
namespace {

/// For TLS 1.2 and DTLS 1.2; the suites of TLS 1.3 are all of this kind.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kGroups = "X25519:P-256";

/// Buffers that an idle connection does not need go back.
void set_options(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

/// Without a look at whether key and certificates belong together.
Result<void> set_chain(SSL_CTX* context, const std::vector<CertificatePointer>& chain,
                       EVP_PKEY* key) {
  if (SSL_CTX_use_certificate(context, chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key) != 1) {
    return Error{"the certificate cannot be used (" + openssl_reason() + ")"};
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) {
      return Error{"certificate " + std::to_string(i + 1) + " of the chain cannot be used (" +
                   openssl_reason() + ")"};
    }
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> new_context(const SSL_METHOD* method) {
  const std::shared_ptr<SSL_CTX> context{SSL_CTX_new(method), &SSL_CTX_free};
  if (context == nullptr || SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1 ||
      SSL_CTX_set1_groups_list(context.get(), kGroups) != 1) {
    return Error{"OpenSSL lacks what a secure connection needs (" + openssl_reason() + ")"};
  }
  set_options(context.get());
  return context;
}

Result<void> use_certificate(SSL_CTX* context, const PemPair& pair) {
  const auto chain = read_chain(pair.chain);
  if (!chain) return chain.reason().in("the chain");
  const auto key = read_key(pair.key);
  if (!key) return key.reason().in("the key");
  if (X509_check_private_key(chain->front().get(), key->get()) != 1) {
    ERR_clear_error();
    return Error{"the key does not belong to the first certificate of the chain"};
  }
  return set_chain(context, *chain, key->get());
}

}  // namespace avedge::secure
