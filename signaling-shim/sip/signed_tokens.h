// Signed state that the edge writes into its own Via and Record-Route values and reads back from
// responses and in-dialog requests, instead of keeping it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signaling-shim/anchor/media_anchor.h"
#include "signaling-shim/sip/signer.h"
#include "signaling-shim/sip/sip_flow.h"

namespace avedge::sip {

/// Our parameter that carries a signed token.
inline constexpr std::string_view kTokenParameter = "avedge";

/// SessionId 0: a request without media.
inline constexpr anchor::SessionId kNoSession{};

/// Whether identity headers may pass (Route::trust).
enum class Trust : bool { no, yes };

/// In our Via: the source of the request, and so the destination of its responses.
struct ViaToken {
  SipFlow upstream;
  /// The outbound listener; responses return there.
  ListenerIndex downstream{};
  anchor::SessionId session = kNoSession;
  /// The sender of the request.
  Side sender = Side::caller;
  /// Route::trust, as for RecordRouteToken.
  Trust trust = Trust::no;
};

/// In our Record-Route: the SIP flow on one side of the dialog.
struct RecordRouteToken {
  SipFlow flow;
  anchor::SessionId session = kNoSession;
  /// The side of the dialog that `flow` is on.
  Side faces = Side::caller;
  /// Of the route that began the dialog.
  Trust trust = Trust::no;
};

/// In our Path (RFC 3327): the client that registered through us, and its flow.
struct PathToken {
  SipFlow client;
  /// The listener that the registrar sees; its requests arrive on that interface only.
  ListenerIndex facing{};
  Trust trust = Trust::no;
};

class SignedTokens {
 public:
  explicit SignedTokens(const Signer& signer) : signer_{signer} {}

  /// Bound to the transaction: a copied Via is invalid in any other.
  [[nodiscard]] std::string sign(const ViaToken& token, std::string_view branch,
                                 std::string_view call_id) const;
  [[nodiscard]] std::optional<ViaToken> verify_via(std::string_view signed_text,
                                                   std::string_view branch,
                                                   std::string_view call_id) const;
  /// Bound to the Call-ID: a Route learned from one call is invalid in another.
  [[nodiscard]] std::string sign(const RecordRouteToken& token, std::string_view call_id) const;
  [[nodiscard]] std::optional<RecordRouteToken> verify_record_route(std::string_view signed_text,
                                                                    std::string_view call_id) const;
  /// Not bound to a call: a registration serves all later calls.
  [[nodiscard]] std::string sign(const PathToken& token) const;
  [[nodiscard]] std::optional<PathToken> verify_path(std::string_view signed_text) const;

 private:
  const Signer& signer_;
};

}  // namespace avedge::sip
