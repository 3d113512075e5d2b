// Who is let in, and what strangers are told (RFC 8489 §9.2.4).
#pragma once

#include <string>

#include "ice/turn/refusal.h"
#include "ice/turn/response.h"
#include "ice/turn/rules.h"
#include "ice/turn/unauthenticated_response_limiter.h"

namespace avedge::turn {

/// What an access token has opened: requests on the same allocation may do without the token
/// (RFC 7635 §7).
struct TokenSession {
  IntegrityKey mac_key;
  std::string key_id;
  Time expires{};
};

/// One worker's.
class LongTermAuthenticator {
 public:
  /// Of the settings only the nonce key, its lifetime and the budget; all stay until the end.
  explicit LongTermAuthenticator(const Settings& settings)
      : nonces_{settings.nonce_key, settings.nonce_lifetime},
        budget_{settings.limits.answers_per_second, settings.limits.answer_burst} {}

  /// `session` may be null. `sibling` is another address of the client's whose nonces are good here
  /// too: of the control connection, on a data connection (RFC 6062 §4.3).
  [[nodiscard]] Answer<Identity> authenticate(const Request& request,
                                              const CredentialVerifier& verifier,
                                              const TokenSession* session,
                                              const std::optional<Endpoint>& sibling) const;
  /// Answers a request that did not authenticate, or says why it stays without an answer.
  DropReason send_challenge(const Request& request, const Refusal& refusal,
                            const CredentialVerifier& verifier, Responder& responder);
  /// Takes one answer from what the source's prefix may get without credentials.
  [[nodiscard]] bool may_send_unauthenticated_response(const Request& request) {
    return budget_.take(request.now, request.path.remote.address);
  }

 private:
  NonceGenerator nonces_;
  UnauthenticatedResponseLimiter budget_;
};

}  // namespace avedge::turn
