// What the edge writes into its own Via and Record-Route values, signed, and reads back when a
// response or an in-dialog request brings them home: the state that it need not keep.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "signaling-shim/anchor/media_anchor.h"
#include "signaling-shim/sip/signer.h"
#include "signaling-shim/sip/sip_flow.h"

namespace avedge::sip {

/// The parameter of ours that carries a signed token.
inline constexpr std::string_view kTokenParameter = "avedge";

/// SessionId 0: a request without media.
inline constexpr anchor::SessionId kNoSession{};

/// Whether headers that say who somebody is may pass (Route::trust).
enum class Trust : bool { no, yes };

/// In our Via: where the request came from, and so where its responses go.
struct ViaToken {
  SipFlow upstream;
  /// The listener it left by; responses come back there.
  ListenerIndex downstream{};
  anchor::SessionId session = kNoSession;
  /// Who sent the request.
  anchor::Side sender = anchor::Side::caller;
  /// Route::trust, as for RecordRouteToken.
  Trust trust = Trust::no;
};

/// In our Record-Route: the neighbour on one side of the dialog.
struct RecordRouteToken {
  SipFlow flow;
  anchor::SessionId session = kNoSession;
  /// The side on which `neighbour` is.
  anchor::Side faces = anchor::Side::caller;
  /// Of the route that the dialog began by.
  Trust trust = Trust::no;
};

/// In our Path (RFC 3327): who registered through us, and how it is reached.
struct PathToken {
  SipFlow client;
  /// The listener that the registrar sees; its requests come in by that interface only.
  ListenerIndex facing{};
  Trust trust = Trust::no;
};

class SignedTokens {
 public:
  explicit SignedTokens(const Signer& signer) : signer_{signer} {}

  /// Bound to the transaction: a Via seen once opens nothing else.
  [[nodiscard]] std::string sign(const ViaToken& token, std::string_view branch,
                                 std::string_view call_id) const;
  [[nodiscard]] std::optional<ViaToken> verify_via(std::string_view signed_text,
                                                   std::string_view branch,
                                                   std::string_view call_id) const;
  /// Bound to the Call-ID: a Route learned from one call is worthless in another.
  [[nodiscard]] std::string sign(const RecordRouteToken& token, std::string_view call_id) const;
  [[nodiscard]] std::optional<RecordRouteToken> verify_record_route(std::string_view signed_text,
                                                                    std::string_view call_id) const;
  /// Bound to no call: a registration is there for all that come.
  [[nodiscard]] std::string sign(const PathToken& token) const;
  [[nodiscard]] std::optional<PathToken> verify_path(std::string_view signed_text) const;

 private:
  const Signer& signer_;
};

}  // namespace avedge::sip
