#include "ice/turn/core.h"

#include <algorithm>

namespace avedge::turn {

Answer<Allocation*> find_own(Core& core, const Exchange& exchange) {
  const Request& request = exchange.request;
  Allocation* allocation =
      core.allocations.find(request.now, request.five_tuple(), exchange.outcome);
  if (allocation == nullptr || !is_reached_by(*allocation, request.path)) {
    return kAllocationMismatch;
  }
  if (!allocation->belongs_to(exchange.identity)) return kWrongCredentials;
  return allocation;
}

bool is_reached_by(const Allocation& allocation, const Path& path) {
  // Behind proxies two connections may claim one client's address.
  return path.transport == Transport::udp || allocation.client().socket == path.socket;
}

const TokenSession* token_session_of(Core& core, const Request& request) {
  const Allocation* allocation = core.allocations.peek(request.five_tuple());
  if (request.message.method() == stun::Method::connection_bind) {
    const auto id = read_connection_id(request.message);
    const PeerConnection* connection = id ? core.allocations.connections().find(*id) : nullptr;
    allocation = connection == nullptr ? nullptr : core.allocations.peek(connection->allocation);
  }
  return allocation == nullptr ? nullptr : allocation->grant().token.get();
}

std::unique_ptr<TokenSession> token_session_from(const Exchange& exchange) {
  const Identity& identity = exchange.identity;
  if (!identity.token_left) return nullptr;
  return std::make_unique<TokenSession>(TokenSession{identity.protection.key,
                                                     std::string{identity.user},
                                                     exchange.request.now + *identity.token_left});
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
