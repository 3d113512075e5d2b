#include "ice/turn/redirect.h"

#include <algorithm>

namespace avedge::turn {

using stun::AttributeType;

std::optional<Endpoint> alternate_server(const ServerState& server, const Request& request) {
  const Redirect& settings = server.settings().redirect;
  const bool is_crowded =
      settings.above_allocations &&
      server.dependencies.quota.allocation_count() >= *settings.above_allocations;
  if (!server.is_draining && !is_crowded) return std::nullopt;

  std::vector<Endpoint> fitting;  // RFC 8489 §14.15: of the family of the request
  std::copy_if(settings.servers.begin(), settings.servers.end(), std::back_inserter(fitting),
               [&](const Endpoint& alternate) {
                 return alternate.address.family() == request.path.remote.address.family();
               });
  if (fitting.empty()) return std::nullopt;
  return fitting[hash_of(request.path.remote, 0) % fitting.size()];
}

DropReason redirect(const ServerState& server, const RequestContext& context,
                    const Endpoint& alternate) {
  const std::string& domain = server.settings().redirect.domain;
  const Transport transport = context.request.path.transport;
  const bool is_secure = transport == Transport::tls || transport == Transport::dtls;
  stun::StunBuilder response = context.responder.error(kTryAlternate);
  response.address(AttributeType::alternate_server, alternate);
  if (is_secure && !domain.empty()) response.text(AttributeType::alternate_domain, domain);
  context.responder.send(response);
  return kTryAlternate.reason;
}

}  // namespace avedge::turn
