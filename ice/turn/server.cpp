#include "ice/turn/server.h"

#include "ice/turn/allocate.h"
#include "ice/turn/binding.h"
#include "ice/turn/known_attributes.h"
#include "ice/turn/mobility.h"
#include "ice/turn/peer_address_checks.h"
#include "ice/turn/permissions.h"
#include "ice/turn/refresh.h"
#include "ice/turn/tcp_relay.h"

namespace avedge::turn {
namespace {

using stun::MessageClass;
using stun::Method;

bool needs_credentials(Method method) {
  switch (method) {
    case Method::allocate:
    case Method::refresh:
    case Method::create_permission:
    case Method::channel_bind:
    case Method::connect:
    case Method::connection_bind: return true;
    default: return false;
  }
}

}  // namespace

void Server::reconfigure(SharedRules rules, Outcome& outcome) {
  state_.rules = std::move(rules);
  enforce_peer_rules(state_, outcome);
}

void Server::set_local_addresses(SharedLocalAddresses addresses, Outcome& outcome) {
  state_.dependencies.local_addresses = std::move(addresses);
  enforce_peer_rules(state_, outcome);
}

bool Server::may_reach(const Endpoint& peer) const {
  return turn::may_reach(state_, peer, Transport::udp);
}

Verdict<void> Server::handle(Time now, const Path& path, ConstBytes datagram, Outcome& outcome) {
  const auto message = stun::StunView::parse(datagram);
  if (!message) return message.reason();
  const Request request{now, path, *message};
  switch (message->message_class()) {
    case MessageClass::request: return on_request(request, outcome);
    case MessageClass::indication: return on_indication(request, outcome);
    case MessageClass::success:
    case MessageClass::error: break;
  }
  return DropReason::stun_unexpected;
}

Verdict<void> Server::on_request(const Request& request, Outcome& outcome) {
  state_.dependencies.counters.stun_requests.add();
  Responder responder{request, outcome};
  const Method method = request.message.method();
  if (!needs_credentials(method)) {
    if (!state_.authenticator.may_send_unauthenticated_response(request))
      return DropReason::answer_budget;
    if (method == Method::binding) return on_binding(state_, request, responder);
    return responder.refuse(kBadRequest);
  }
  if (method == Method::connection_bind && hand_over_binding(state_, request, outcome)) return {};

  const CredentialVerifier& verifier = state_.rules->verifier;
  const auto identity =
      state_.authenticator.authenticate(request, verifier, token_session_of(state_, request),
                                        control_connection_of(state_, request.message));
  if (!identity) {
    return state_.authenticator.send_challenge(request, identity.reason(), verifier, responder);
  }
  responder.sign_with({identity->key, *stun::strongest_integrity(request.message)});

  // RFC 8489 §6.3: unknown attributes are checked once the sender is authenticated.
  const auto unknown = unknown_attributes(request.message, false);
  if (!unknown.empty()) return responder.refuse_unknown(unknown);
  return dispatch({request, *identity, responder, outcome});
}

Verdict<void> Server::dispatch(const RequestContext& context) {
  switch (context.request.message.method()) {
    case Method::allocate: return on_allocate(state_, context);
    case Method::refresh: return on_refresh(state_, context);
    case Method::create_permission: return on_create_permission(state_, context);
    case Method::channel_bind: return on_channel_bind(state_, context);
    case Method::connect: return on_connect(state_, context);
    default: return on_connection_bind(state_, context);
  }
}

Verdict<void> Server::on_indication(const Request& request, Outcome& outcome) {
  switch (request.message.method()) {
    case Method::binding: return {};  // RFC 8489 §12: keeps a NAT's binding alive, needs no answer
    case Method::send: return send_drop_reason(state_, request, outcome);
    default: return DropReason::stun_unexpected;
  }
}

void Server::on_closed(Time now, const Path& path, Outcome& outcome) {
  on_client_gone(state_, now, path, outcome);
}

void Server::on_peer_connection(Time now, const PeerConnectionEvent& event, Outcome& outcome) {
  turn::on_peer_connection(state_, now, event, outcome);
}

void Server::on_icmp(Time now, SocketId relay, const Endpoint& peer, const IcmpError& error,
                     Outcome& outcome) {
  turn::on_icmp(state_, now, relay, peer, error, outcome);
}

void Server::expire(Time now, Outcome& outcome) {
  state_.allocations.expire(now, outcome);
  state_.moves.expire(now);
}

}  // namespace avedge::turn
