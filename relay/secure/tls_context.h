// What all TLS or all DTLS connections of one listener have in common: the certificate, and which
// versions, ciphers and protocols are spoken.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "relay/core/result.h"
#include "relay/secure/pem.h"

namespace avedge::secure {

/// Immutable, and cheap to copy: copies share one OpenSSL context, which lives as long as a copy or
/// a session of it. Any thread.
///
/// TLS 1.2 and later, or DTLS 1.2; forward-secret AEAD ciphers only; neither renegotiation nor
/// compression. TLS sessions resume by tickets, so nothing is kept for those who left.
class TlsContext {
 public:
  enum class Kind : std::uint8_t { tls, dtls };

  /// The error is a sentence for the operator: no certificate, no key, a key that belongs to
  /// another certificate, or one that is too weak.
  [[nodiscard]] static Result<TlsContext> from_pem(const PemPair& pair, Kind kind);

  /// A new server-side session, the caller's to SSL_free(); null when memory is out.
  [[nodiscard]] SSL* new_session() const;

  /// What the operator should look at although it works ("has expired…"); empty: nothing.
  [[nodiscard]] const std::string& warning() const { return warning_; }

 private:
  TlsContext(std::shared_ptr<SSL_CTX> context, std::string warning)
      : context_{std::move(context)}, warning_{std::move(warning)} {}

  std::shared_ptr<SSL_CTX> context_;
  std::string warning_;
};

}  // namespace avedge::secure
