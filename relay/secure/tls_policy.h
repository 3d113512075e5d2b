// The policy shared by every TLS and DTLS context of the edge.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "relay/core/result.h"
#include "relay/secure/pem.h"

namespace avedge::secure {

/// A context that shows no certificate yet: forward-secret AEAD ciphers only, neither renegotiation
/// nor compression, no session cache. Versions are the caller's to choose. The error is OpenSSL's.
[[nodiscard]] Result<std::shared_ptr<SSL_CTX>> new_context(const SSL_METHOD* method);

/// Shows the certificate of `pair` from now on. The error is a sentence for the operator: no
/// certificate, no key, or a key that belongs to another one.
[[nodiscard]] Result<void> use_certificate(SSL_CTX* context, const PemPair& pair);

}  // namespace avedge::secure
