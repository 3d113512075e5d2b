#include "relay/secure/mutual_tls.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "relay/secure/tls_policy.h"

namespace avedge::secure {
namespace {

/// A chain of federated companies: root, a few intermediates, the server.
constexpr int kDeepestChain = 8;

Result<void> trust(SSL_CTX* context, const std::string& authorities) {
  if (authorities.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
    return Error{"the authorities that the system trusts cannot be read (" + openssl_reason() +
                 ")"};
  }
  const auto chain = read_chain(authorities);
  if (!chain) return chain.reason().in("the authorities");
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const CertificatePointer& certificate : *chain) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) {
      return Error{"an authority cannot be used (" + openssl_reason() + ")"};
    }
    // Tells a client which of its certificates to show.
    SSL_CTX_add_client_CA(context, certificate.get());
  }
  return {};
}

/// Servers that connect show the certificate they serve with, which often names no other purpose
/// than that: so purposes are judged with the names (RFC 5922 §7.1), not here.
void insist(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_verify_depth(context, kDeepestChain);
  X509_VERIFY_PARAM_set_purpose(SSL_CTX_get0_param(context), X509_PURPOSE_ANY);
}

Result<std::shared_ptr<SSL_CTX>> context_for(const SSL_METHOD* method,
                                             const std::optional<PemPair>& own) {
  auto context = new_context(method);
  if (!context) return context;
  if (own) {
    if (auto used = use_certificate(context->get(), *own); !used) return used.reason();
  }
  if (SSL_CTX_set_min_proto_version(context->get(), TLS1_2_VERSION) != 1) {
    return Error{"OpenSSL lacks TLS 1.2 (" + openssl_reason() + ")"};
  }
  // A resumed session would skip the look at the certificate.
  SSL_CTX_set_options(context->get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context->get(), 0);
  return context;
}

Result<std::shared_ptr<SSL_CTX>> accepting_context(const MutualTlsSettings& settings) {
  auto context = context_for(TLS_server_method(), settings.own);
  if (!context || settings.client_proof == ClientProof::none) return context;
  if (auto done = trust(context->get(), settings.client_authorities); !done) return done.reason();
  insist(context->get());
  return context;
}

Result<std::shared_ptr<SSL_CTX>> connecting_context(const MutualTlsSettings& settings) {
  auto context = context_for(TLS_client_method(), settings.own);
  if (!context) return context;
  if (auto done = trust(context->get(), settings.server_authorities); !done) return done.reason();
  insist(context->get());
  return context;
}

}  // namespace

Result<MutualTls> MutualTls::make(const MutualTlsSettings& settings) {
  std::shared_ptr<SSL_CTX> accepting;
  if (settings.own) {
    auto made = accepting_context(settings);
    if (!made) return made.reason();
    accepting = *std::move(made);
  }
  auto connecting = connecting_context(settings);
  if (!connecting) return connecting.reason();
  return MutualTls{std::move(accepting), *std::move(connecting)};
}

}  // namespace avedge::secure
