// TLS between servers: both ends present a certificate, and each may require a trusted authority
// for the other's.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>

#include "relay/core/result.h"
#include "relay/secure/pem.h"

namespace avedge::secure {

/// The certificate that an accepting server requires of clients.
enum class ClientProof : std::uint8_t { none, certificate };

struct MutualTlsSettings {
  /// Presented as server and client. Nothing: only for connecting, and none is presented.
  std::optional<PemPair> own;
  ClientProof client_proof = ClientProof::none;
  /// PEM text of the authorities that may have signed the far end's certificate; empty: those the
  /// system trusts.
  std::string client_authorities;
  std::string server_authorities;
};

/// Immutable; copies share the contexts. Any thread.
///
/// TLS 1.2 and later. Chains and dates are checked during the handshake; whose name the certificate
/// bears is for the user of the connection to judge, who alone knows whom it expects.
class MutualTls {
 public:
  /// The error is a sentence for the operator.
  [[nodiscard]] static Result<MutualTls> make(const MutualTlsSettings& settings);

  /// For connections that others open; null without a certificate of our own.
  [[nodiscard]] SSL_CTX* accepting() const { return accepting_.get(); }
  /// For connections that we open; the server's certificate must be good.
  [[nodiscard]] SSL_CTX* connecting() const { return connecting_.get(); }

 private:
  MutualTls(std::shared_ptr<SSL_CTX> accepting, std::shared_ptr<SSL_CTX> connecting)
      : accepting_{std::move(accepting)}, connecting_{std::move(connecting)} {}

  std::shared_ptr<SSL_CTX> accepting_;
  std::shared_ptr<SSL_CTX> connecting_;
};

}  // namespace avedge::secure
