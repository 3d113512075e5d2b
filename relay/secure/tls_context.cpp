#include "relay/secure/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <ctime>

#include "relay/secure/alpn.h"

namespace avedge::secure {
namespace {

/// For TLS 1.2 and DTLS 1.2; the suites of TLS 1.3 are all of this kind.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kGroups = "X25519:P-256";

using Chain = std::vector<CertificatePointer>;

bool set_versions(SSL_CTX* context, TlsContext::Kind kind) {
  if (kind == TlsContext::Kind::tls) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
  }
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1;
}

/// A worker writes what the socket takes and keeps the rest in a queue of its own, whose memory
/// moves; buffers that an idle connection does not need go back.
void set_manners(SSL_CTX* context, TlsContext::Kind kind) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (kind == TlsContext::Kind::tls) {
    SSL_CTX_set_read_ahead(context, 1);
  } else {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  }
  SSL_CTX_set_alpn_select_cb(context, &select_alpn, nullptr);
}

Result<void> set_certificate(SSL_CTX* context, const Chain& chain, EVP_PKEY* key) {
  if (X509_check_private_key(chain.front().get(), key) != 1) {
    ERR_clear_error();
    return Error{"the key does not belong to the first certificate of the chain"};
  }
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

std::string date_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  std::string text(10, '\0');
  text.resize(std::strftime(text.data(), text.size() + 1, "%Y-%m-%d", &parts));
  return text;
}

std::string warning_about(const Chain& chain) {
  const X509* certificate = chain.front().get();
  const ASN1_TIME* last = X509_get0_notAfter(certificate);
  const ASN1_TIME* first = X509_get0_notBefore(certificate);
  if (X509_cmp_current_time(last) < 0) return "the certificate expired on " + date_of(last);
  if (X509_cmp_current_time(first) > 0) {
    return "the certificate is not valid before " + date_of(first);
  }
  return {};
}

}  // namespace

Result<TlsContext> TlsContext::from_pem(const PemPair& pair, Kind kind) {
  const auto chain = read_chain(pair.chain);
  if (!chain) return chain.reason().in("the chain");
  const auto key = read_key(pair.key);
  if (!key) return key.reason().in("the key");

  const SSL_METHOD* method = kind == Kind::tls ? TLS_server_method() : DTLS_server_method();
  const std::shared_ptr<SSL_CTX> context{SSL_CTX_new(method), &SSL_CTX_free};
  if (context == nullptr || !set_versions(context.get(), kind) ||
      SSL_CTX_set_cipher_list(context.get(), kCiphers) != 1 ||
      SSL_CTX_set1_groups_list(context.get(), kGroups) != 1) {
    return Error{"OpenSSL lacks what a secure connection needs (" + openssl_reason() + ")"};
  }
  set_manners(context.get(), kind);
  const auto set = set_certificate(context.get(), *chain, key->get());
  if (!set) return set.reason();
  return TlsContext{context, warning_about(*chain)};
}

SSL* TlsContext::new_session() const {
  SSL* session = SSL_new(context_.get());
  if (session != nullptr) SSL_set_accept_state(session);
  return session;
}

}  // namespace avedge::secure
