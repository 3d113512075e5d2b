// The identities in a certificate, as SIP reads them (RFC 5922).
#pragma once

#include <openssl/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "relay/core/endpoint.h"

namespace avedge::sip {

struct CertificateIdentity {
  /// §7.1: the domains of its sip: URIs, else its DNS names, else its common name.
  std::vector<std::string> domains;
  /// For next hops configured by address.
  std::vector<IpAddress> addresses;

  /// Empty if the certificate was issued for other purposes only (§7.1, RFC 5924).
  static CertificateIdentity of(const X509* certificate);

  /// §7.2: the whole name, case-insensitively; a wildcard matches nothing. `name` may be an
  /// address, without brackets.
  [[nodiscard]] bool covers(std::string_view name) const;
  /// Whether it covers one of `names`.
  [[nodiscard]] bool covers_any(const std::vector<std::string>& names) const;
};

}  // namespace avedge::sip
