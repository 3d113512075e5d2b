// Certificates and keys as text (RFC 7468), and what OpenSSL makes of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "relay/core/result.h"
#include "relay/secure/openssl_pointers.h"

namespace avedge::secure {

/// What a server shows and what it proves it with, both as PEM text.
struct PemPair {
  std::string chain;  // the server's own certificate first, then those that vouch for it
  std::string key;
  friend bool operator==(const PemPair&, const PemPair&) = default;
};

/// All certificates of `pem`, at least one. The error is the rest of a sentence about the file.
[[nodiscard]] Result<std::vector<CertificatePointer>> read_chain(std::string_view pem);

/// The first private key of `pem`. A key with a passphrase is an error: there is no prompt.
[[nodiscard]] Result<KeyPointer> read_key(std::string_view pem);

/// SHA-256 over the first certificate of `pem`, as people compare it: "AB:CD:…".
[[nodiscard]] Result<std::string> fingerprint_sha256(std::string_view pem);

/// What OpenSSL complained about last, in its words; forgets all its complaints.
[[nodiscard]] std::string openssl_reason();

}  // namespace avedge::secure
