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

/// The parameter of ours that carries a sealed claim.
inline constexpr std::string_view kClaimParameter = "avedge";

/// SessionId 0: a request without media.
inline constexpr anchor::SessionId kNoSession{};

/// Whether headers that say who somebody is may pass (Route::trust).
enum class Trust : bool { no, yes };

/// In our Via: where the request came from, and so where its responses go.
struct ViaClaim {
  SipFlow upstream;
  /// The listener it left by; responses come back there.
  ListenerIndex downstream{};
  anchor::SessionId session = kNoSession;
  /// Who sent the request.
  anchor::Side sender = anchor::Side::caller;
  /// Route::trust, as for RouteClaim.
  Trust trust = Trust::no;
};

/// In our Record-Route: the neighbour on one side of the dialog.
struct RouteClaim {
  SipFlow flow;
  anchor::SessionId session = kNoSession;
  /// The side on which `neighbour` is.
  anchor::Side faces = anchor::Side::caller;
  /// Of the route that the dialog began by.
  Trust trust = Trust::no;
};

/// In our Path (RFC 3327): who registered through us, and how it is reached.
struct PathClaim {
  SipFlow client;
  /// The listener that the registrar sees; its requests come in by that interface only.
  ListenerIndex facing{};
  Trust trust = Trust::no;
};

class Claims {
 public:
  explicit Claims(const Signer& signer) : signer_{signer} {}

  /// Bound to the transaction: a Via seen once opens nothing else.
  [[nodiscard]] std::string seal(const ViaClaim& claim, std::string_view branch,
                                 std::string_view call_id) const;
  [[nodiscard]] std::optional<ViaClaim> open_via(std::string_view sealed, std::string_view branch,
                                                 std::string_view call_id) const;
  /// Bound to the Call-ID: a Route learned from one call is worthless in another.
  [[nodiscard]] std::string seal(const RouteClaim& claim, std::string_view call_id) const;
  [[nodiscard]] std::optional<RouteClaim> open_route(std::string_view sealed,
                                                     std::string_view call_id) const;
  /// Bound to no call: a registration is there for all that come.
  [[nodiscard]] std::string seal(const PathClaim& claim) const;
  [[nodiscard]] std::optional<PathClaim> open_path(std::string_view sealed) const;

 private:
  const Signer& signer_;
};

}  // namespace avedge::sip
