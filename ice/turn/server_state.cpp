#include "ice/turn/server_state.h"

#include <algorithm>

namespace avedge::turn {

Answer<Allocation*> find_own(ServerState& server, const RequestContext& context) {
  const Request& request = context.request;
  Allocation* allocation =
      server.allocations.find(request.now, request.five_tuple(), context.outcome);
  if (allocation == nullptr || !is_reached_by(*allocation, request.path)) {
    return kAllocationMismatch;
  }
  if (!allocation->belongs_to(context.identity)) return kWrongCredentials;
  return allocation;
}

bool is_reached_by(const Allocation& allocation, const Path& path) {
  // Behind proxies two connections may have the same client address.
  return path.transport == Transport::udp || allocation.client().socket == path.socket;
}

const TokenSession* token_session_of(ServerState& server, const Request& request) {
  const Allocation* allocation = server.allocations.peek(request.five_tuple());
  if (request.message.method() == stun::Method::connection_bind) {
    const auto id = read_connection_id(request.message);
    const PeerConnection* connection = id ? server.allocations.connections().find(*id) : nullptr;
    allocation = connection == nullptr ? nullptr : server.allocations.peek(connection->allocation);
  }
  return allocation == nullptr ? nullptr : allocation->grant().token.get();
}

std::unique_ptr<TokenSession> token_session_from(const RequestContext& context) {
  const Identity& identity = context.identity;
  if (!identity.token_left) return nullptr;
  return std::make_unique<TokenSession>(TokenSession{identity.key, std::string{identity.user},
                                                     context.request.now + *identity.token_left});
}

std::chrono::seconds lifetime_for(std::optional<std::chrono::seconds> requested,
                                  const Settings& settings, const Identity& identity) {
  const auto capped =
      std::min(requested.value_or(settings.default_lifetime), settings.max_lifetime);
  const auto granted = std::max(capped, settings.default_lifetime);
  return identity.token_left ? std::min(granted, *identity.token_left) : granted;
}

std::uint32_t seconds_until(Time now, Time then) {
  return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(then - now).count());
}

}  // namespace avedge::turn
