// Shared by the methods of one server: its rules, its allocations, and the request context.
#pragma once

#include "ice/allocation/recently_deleted.h"
#include "ice/turn/allocations.h"
#include "ice/turn/long_term_authenticator.h"
#include "ice/turn/pending_handoffs.h"
#include "ice/turn/rules.h"

namespace avedge::turn {

struct ServerState {
  SharedRules rules;
  ServerDependencies dependencies;
  LongTermAuthenticator authenticator;
  Allocations allocations;
  RecentlyDeleted deleted;
  PendingHandoffs moves;
  /// New clients are redirected, if there is another server.
  bool is_draining = false;

  ServerState(SharedRules given, const ServerDependencies& around)
      : rules{std::move(given)},
        dependencies{around},
        authenticator{rules->settings},
        allocations{rules->settings.limits.allocations, dependencies} {}
  ServerState(const ServerState&) = delete;  // its allocations refer to its dependencies
  ServerState& operator=(const ServerState&) = delete;

  [[nodiscard]] const Settings& settings() const { return rules->settings; }
};

/// An authenticated request, and its result.
struct RequestContext {
  const Request& request;
  const Identity& identity;
  Responder& responder;
  Outcome& outcome;
};

/// RFC 8656 §5: requests on an allocation come from its five-tuple and its user. Refused with 437
/// or 441.
[[nodiscard]] Answer<Allocation*> find_own(ServerState& server, const RequestContext& context);

/// Whether a request through `path` reaches `allocation`: the five-tuple is the same, and for a
/// connection, so is the connection.
[[nodiscard]] bool is_reached_by(const Allocation& allocation, const Path& path);

/// The token session of that request's allocation; null if there is none.
[[nodiscard]] const TokenSession* token_session_of(ServerState& server, const Request& request);
/// The token session from a request with an access token; null if it has none.
[[nodiscard]] std::unique_ptr<TokenSession> token_session_from(const RequestContext& context);

/// RFC 8656 §7.2: the client may ask for more than the default, up to the maximum, never for less;
/// an access token gives no more than its own lifetime (RFC 7635 §9).
[[nodiscard]] std::chrono::seconds lifetime_for(std::optional<std::chrono::seconds> requested,
                                                const Settings& settings, const Identity& identity);

/// LIFETIME: seconds, rounded up.
[[nodiscard]] std::uint32_t seconds_until(Time now, Time then);

}  // namespace avedge::turn
