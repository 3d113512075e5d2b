#include "ice/turn/allocate.h"

#include "ice/turn/allocate_request.h"
#include "ice/turn/redirect.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;
using stun::StunBuilder;

/// Whether the requested kind is offered here, and to clients of that transport.
std::optional<Refusal> refuse_kind(const ServerState& server, const Path& path,
                                   const AllocateRequest& wanted) {
  const bool is_tcp = wanted.kind == Allocation::Kind::tcp;
  if (is_tcp) {
    const bool is_offered =
        server.settings().tcp_relay && server.dependencies.peer_connections != nullptr;
    if (!is_offered) return kUnsupportedTransport;
    // RFC 6062 §5.1: the control connection is TCP or TLS.
    if (path.transport != Transport::tcp && path.transport != Transport::tls) return kBadRequest;
  }
  // Connections to peers cannot follow a client to another worker.
  if (wanted.wants_ticket && (!server.settings().mobility || is_tcp)) return kMobilityForbidden;
  return std::nullopt;
}

/// One relayed address; notes its reservation, if any.
Verdict<RelayPort> lease(ServerState& server, Time now, const AllocateRequest& wanted,
                         AddressFamily family, Grant& grant) {
  if (wanted.kind == Allocation::Kind::tcp) {
    return server.dependencies.peer_connections->listen(family);
  }
  RelayPorts& ports = server.dependencies.ports;
  if (wanted.reservation) return ports.claim(now, *wanted.reservation);
  if (!wanted.reserve_next) return ports.lease(family, wanted.parity);
  const auto pair = ports.lease_reserving_next(now, family);
  if (!pair) return pair.reason();
  grant.reserved = pair->token;
  return pair->port;
}

/// One of two families is enough; the answer then names the other (RFC 8656 §7.2).
Answer<Allocation::State> lease_all(ServerState& server, Time now, Time expires,
                                    const AllocateRequest& wanted) {
  Allocation::State state;
  std::optional<Refusal> refusal;
  for (const auto family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    if (!wanted.both_families && family != wanted.family) continue;
    const auto port = lease(server, now, wanted, family, state.grant);
    if (port) {
      // A reserved port has a fixed family.
      const auto index = static_cast<std::size_t>(port->local.address.family());
      state.relays[index] = Relay{*port, expires};
    } else {
      if (!refusal) refusal = refusal_of(port.reason());
      state.grant.missing = MissingFamily{family, refusal_of(port.reason()).code};
    }
  }
  if (!state.relays[0] && !state.relays[1]) return *refusal;
  return state;
}

/// Books the quota, then leases the ports; releases the quota if there is no port.
Answer<Allocation::State> grant(ServerState& server, const RequestContext& context,
                                const AllocateRequest& wanted) {
  const Request& request = context.request;
  const Identity& identity = context.identity;
  if (server.allocations.is_full()) return kTableFull;
  const IpAddress& source = request.path.remote.address;
  const auto booked = server.dependencies.quota.begin_allocation(identity.user, source);
  if (!booked) return refusal_of(booked.reason());

  const Time expires = request.now + lifetime_for(wanted.lifetime, server.settings(), identity);
  auto state = lease_all(server, request.now, expires, wanted);
  if (!state) {
    server.dependencies.quota.end_allocation(identity.user, source);
    return state.reason();
  }
  Grant& granted = state->grant;
  granted.kind = wanted.kind;
  granted.user = identity.user;
  granted.request = request.id();
  granted.token = token_session_from(context);
  granted.opened = request.now;
  state->client = {request.five_tuple(), request.path.socket};
  return std::move(state).value();
}

void confirm(const RequestContext& context, const Allocation& allocation) {
  const Request& request = context.request;
  const Grant& grant = allocation.grant();
  StunBuilder response = context.responder.success();
  for (const auto family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    const Relay* relay = allocation.relay(family);
    if (relay == nullptr) continue;
    response.xor_address(AttributeType::xor_relayed_address, relay->port.advertised);
  }
  if (grant.missing) {
    response.address_error_code(grant.missing->family, grant.missing->code, {});
  }
  response.u32(AttributeType::lifetime, seconds_until(request.now, allocation.expires()))
      .xor_address(AttributeType::xor_mapped_address, request.path.remote);
  if (grant.reserved) response.raw(AttributeType::reservation_token, *grant.reserved);
  if (allocation.ticket()) response.raw(AttributeType::mobility_ticket, allocation.ticket()->bytes);
  context.responder.send(response);
}

}  // namespace

/// The numbers are the steps of RFC 8656 §7.2.
Verdict<void> on_allocate(ServerState& server, const RequestContext& context) {
  const Request& request = context.request;
  Responder& responder = context.responder;
  // 2. A five-tuple has one allocation. The same request again gets the same answer.
  if (const Allocation* existing =
          server.allocations.find(request.now, request.five_tuple(), context.outcome)) {
    const bool is_repeated = existing->grant().request == request.id() &&
                             existing->belongs_to(context.identity) &&
                             is_reached_by(*existing, request.path);
    if (!is_repeated) return responder.refuse(kAllocationMismatch);
    confirm(context, *existing);
    return {};
  }
  // 3. to 9. The requested properties.
  const auto wanted = read_allocate_request(request.message);
  if (!wanted) return responder.refuse(wanted.reason());
  if (const auto refusal = refuse_kind(server, request.path, *wanted)) {
    return responder.refuse(*refusal);
  }
  // 11. Another server may have more room.
  if (const auto alternate = alternate_server(server, request)) {
    return redirect(server, context, *alternate);
  }
  // 10. and the choice of relayed addresses.
  auto granted = grant(server, context, *wanted);
  if (!granted) return responder.refuse(granted.reason());

  Allocation& allocation = server.allocations.open(std::move(granted).value(), context.outcome);
  if (wanted->wants_ticket) server.allocations.issue_ticket(allocation);
  confirm(context, allocation);
  return {};
}

}  // namespace avedge::turn
