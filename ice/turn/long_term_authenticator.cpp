#include "ice/turn/long_term_authenticator.h"

#include <algorithm>

#include "ice/stun/attribute_values.h"
#include "ice/stun/password_algorithm.h"
#include "ice/turn/stun_integrity_check.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;
using stun::PasswordAlgorithm;
using stun::StunView;

/// The name and the token of the request; refused if there is no name, or if it is malformed.
Answer<PresentedCredentials> read_claim(const StunView& message) {
  PresentedCredentials presented;
  if (const auto username = message.find(AttributeType::username)) {
    const auto name = stun::read_text(*username, stun::kMaxUsername);
    if (!name) return kBadRequest;
    presented.username = *name;
  } else if (const auto hash = message.find(AttributeType::userhash)) {
    if (hash->size() != std::tuple_size_v<stun::UserHash>) return kBadRequest;
    std::copy(hash->begin(), hash->end(), presented.user_hash.emplace().begin());
  } else {
    return kBadRequest;
  }
  presented.access_token = message.find(AttributeType::access_token);
  return presented;
}

bool is_equal(ConstBytes a, ConstBytes b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// RFC 8489 §9.2.4, the bid-down protection: a client with an offer either ignores it and uses MD5,
/// or repeats it unchanged and uses one of its algorithms.
Answer<PasswordAlgorithm> choose_algorithm(const StunView& message,
                                           const CredentialVerifier& verifier, bool was_offered) {
  const auto chosen = message.find(AttributeType::password_algorithm);
  const auto repeated = message.find(AttributeType::password_algorithms);
  if (!chosen && !repeated) return PasswordAlgorithm::md5;
  const auto algorithm = chosen ? stun::read_password_algorithm(*chosen) : std::nullopt;
  const bool is_proper = algorithm && repeated && verifier.is_offered(*algorithm) &&
                         is_equal(*repeated, verifier.offered_algorithms());
  if (was_offered && !is_proper) return kBadRequest;
  return algorithm.value_or(PasswordAlgorithm::md5);
}

/// A request without its token, on an allocation that a token has opened.
std::optional<Identity> resume(const Request& request, const PresentedCredentials& presented,
                               const TokenSession* session) {
  if (session == nullptr || presented.access_token || presented.username != session->key_id ||
      session->expires <= request.now ||
      !stun::verify_integrity(request.message, session->mac_key.bytes())) {
    return std::nullopt;
  }
  Identity identity;
  identity.user = presented.username;
  identity.key = session->mac_key;
  identity.token_left = std::chrono::ceil<std::chrono::seconds>(session->expires - request.now);
  return identity;
}

}  // namespace

Answer<Identity> LongTermAuthenticator::authenticate(const Request& request,
                                                     const CredentialVerifier& verifier,
                                                     const TokenSession* session,
                                                     const std::optional<Endpoint>& sibling) const {
  const StunView& message = request.message;
  const std::uint16_t listener = request.path.listener;
  // In the order of RFC 8489 §9.2.4: no integrity at all,
  if (!stun::has_integrity(message)) return kUnauthenticated;
  // or a required attribute is missing,
  auto presented = read_claim(message);
  const auto nonce = message.find(AttributeType::nonce);
  if (!presented || !nonce || !message.has(AttributeType::realm)) return kBadRequest;
  // or another algorithm than those that came with this nonce,
  const SecurityFeatures features = verifier.features(listener);
  NonceState state = nonces_.inspect(request.now, request.path.remote, features, text_of(*nonce));
  if (state == NonceState::foreign && sibling) {
    state = nonces_.inspect(request.now, *sibling, features, text_of(*nonce));
  }
  const bool was_offered = features.password_algorithms && state != NonceState::foreign;
  const auto algorithm = choose_algorithm(message, verifier, was_offered);
  if (!algorithm) return algorithm.reason();
  presented->algorithm = *algorithm;
  // or an unknown user, or a wrong code,
  auto identity = resume(request, *presented, session);
  if (!identity) identity = verifier.verify(StunIntegrityCheck{message}, *presented, listener);
  if (!identity || (identity->expired && message.method() == stun::Method::allocate)) {
    return kBadCredentials;
  }
  // or an expired nonce.
  if (state != NonceState::fresh) return kStaleNonce;
  return *identity;
}

/// 401 and 438 contain the data for the next attempt, and no integrity; 400 contains neither.
DropReason LongTermAuthenticator::send_challenge(const Request& request, const Refusal& refusal,
                                                 const CredentialVerifier& verifier,
                                                 Responder& responder) {
  if (!may_send_unauthenticated_response(request)) return DropReason::answer_budget;
  if (refusal.code == kBadRequest.code) return responder.refuse(refusal);
  const std::uint16_t listener = request.path.listener;
  const SecurityFeatures features = verifier.features(listener);
  const Nonce nonce = nonces_.issue(request.now, request.path.remote, features);
  stun::StunBuilder response = responder.error(refusal);
  response.text(AttributeType::realm, verifier.realm(listener))
      .text(AttributeType::nonce, nonce.text());
  if (features.password_algorithms) {
    response.raw(AttributeType::password_algorithms, verifier.offered_algorithms());
  }
  if (const auto name = verifier.third_party(); !name.empty()) {
    response.text(AttributeType::third_party_authorization, name);
  }
  responder.send(response);
  return refusal.reason;
}

}  // namespace avedge::turn
