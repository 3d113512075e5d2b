// A self-signed certificate: encrypts for a first try, and authenticates nothing.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "relay/core/endpoint.h"
#include "relay/secure/pem.h"

namespace avedge::secure {

struct SelfSignedSubject {
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<IpAddress> addresses;
};

/// Long enough for a try-out, too short for production.
inline constexpr std::chrono::seconds kSelfSignedValidity = std::chrono::hours{24 * 90};

/// A new P-256 key and its certificate, valid from an hour ago (clocks differ) for `validity` from
/// now. The error is OpenSSL's: no memory, no randomness.
[[nodiscard]] Result<PemPair> make_self_signed(const SelfSignedSubject& subject,
                                               std::chrono::seconds validity = kSelfSignedValidity);

}  // namespace avedge::secure
