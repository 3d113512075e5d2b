// Authenticates clients and answers unauthenticated ones (RFC 8489 §9.2.4).
#pragma once

#include <optional>

#include "ice/auth/token_session.h"
#include "ice/auth/unauthenticated_response_limiter.h"
#include "ice/turn/refusal.h"
#include "ice/turn/response.h"
#include "ice/turn/rules.h"

namespace avedge::turn {

/// One per worker.
class LongTermAuthenticator {
 public:
  /// Uses only the nonce key, its lifetime and the budget of the settings; all are constant.
  explicit LongTermAuthenticator(const Settings& settings)
      : nonces_{settings.nonce_key, settings.nonce_lifetime},
        budget_{settings.limits.answers_per_second, settings.limits.answer_burst} {}

  /// `session` may be null. `sibling` is another address of the client whose nonces are valid here
  /// too: of the control connection, on a data connection (RFC 6062 §4.3).
  [[nodiscard]] Answer<Identity> authenticate(const Request& request,
                                              const CredentialVerifier& verifier,
                                              const TokenSession* session,
                                              const std::optional<Endpoint>& sibling) const;
  /// Answers an unauthenticated request, or returns the reason for no answer.
  DropReason send_challenge(const Request& request, const Refusal& refusal,
                            const CredentialVerifier& verifier, Responder& responder);
  /// Deducts one answer from the unauthenticated budget of the source's prefix.
  [[nodiscard]] bool may_send_unauthenticated_response(const Request& request) {
    return budget_.take(request.now, request.path.remote.address);
  }

 private:
  NonceGenerator nonces_;
  UnauthenticatedResponseLimiter budget_;
};

}  // namespace avedge::turn
