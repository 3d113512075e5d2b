#include "relay/secure/tls_context.h"

#include <openssl/ssl.h>

#include <ctime>

#include "relay/secure/alpn.h"
#include "relay/secure/tls_policy.h"

namespace avedge::secure {
namespace {

using Chain = std::vector<CertificatePointer>;

bool set_versions(SSL_CTX* context, TlsContext::Kind kind) {
  if (kind == TlsContext::Kind::tls) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
  }
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1;
}

/// A worker writes as much as the socket accepts and keeps the rest in its own queue, whose memory
/// moves.
void set_manners(SSL_CTX* context, TlsContext::Kind kind) {
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (kind == TlsContext::Kind::tls) {
    SSL_CTX_set_read_ahead(context, 1);
  } else {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  }
  SSL_CTX_set_alpn_select_cb(context, &select_alpn, nullptr);
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
  const SSL_METHOD* method = kind == Kind::tls ? TLS_server_method() : DTLS_server_method();
  const auto made = new_context(method);
  if (!made) return made.reason();
  if (const auto set = use_certificate(made->get(), pair); !set) return set.reason();
  if (!set_versions(made->get(), kind)) {
    return Error{"OpenSSL lacks what a secure connection needs (" + openssl_reason() + ")"};
  }
  set_manners(made->get(), kind);
  return TlsContext{*made, warning_about(*chain)};
}

SSL* TlsContext::new_session() const {
  SSL* session = SSL_new(context_.get());
  if (session != nullptr) SSL_set_accept_state(session);
  return session;
}

}  // namespace avedge::secure
