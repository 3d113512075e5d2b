#include "ice/turn/permissions.h"

#include <algorithm>

#include "ice/stun/attribute_values.h"
#include "ice/turn/peer_address_checks.h"
#include "relay/core/turn_framing.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;
using stun::StunBuilder;

void confirm(const RequestContext& context) {
  StunBuilder response = context.responder.success();
  context.responder.send(response);
}

/// RFC 8656 §11.5: unreachable and time exceeded, and IPv6's "packet too big".
bool is_told(AddressFamily family, std::uint8_t type) {
  if (family == AddressFamily::ipv4) return type == 3 || type == 11;
  return type >= 1 && type <= 3;
}

}  // namespace

Verdict<void> on_create_permission(ServerState& server, const RequestContext& context) {
  const auto found = find_own(server, context);
  if (!found) return context.responder.refuse(found.reason());
  Allocation& allocation = **found;
  const auto peers = read_peers(server, context.request.message, allocation);
  if (!peers) return context.responder.refuse(peers.reason());

  const auto fresh =
      static_cast<std::size_t>(std::count_if(peers->begin(), peers->end(), [&](const Peer& peer) {
        return !allocation.has_permission(peer.endpoint.address);
      }));
  const std::size_t most = server.settings().limits.permissions_per_allocation;
  if (allocation.permission_count() + fresh > most) return context.responder.refuse(kTableFull);
  for (const Peer& peer : *peers) {
    allocation.permit(context.request.now, peer, context.outcome);
  }
  server.allocations.reschedule(allocation);
  confirm(context);
  return {};
}

Verdict<void> on_channel_bind(ServerState& server, const RequestContext& context) {
  Responder& responder = context.responder;
  const stun::StunView& message = context.request.message;
  const auto found = find_own(server, context);
  if (!found) return responder.refuse(found.reason());
  Allocation& allocation = **found;
  // RFC 6062 §5.1: channels are for UDP.
  if (allocation.is_tcp()) return responder.refuse(kBadRequest);

  // 1. Both attributes, and a number that may be bound.
  const auto number_value = message.find(AttributeType::channel_number);
  const auto peer_value = message.find(AttributeType::xor_peer_address);
  if (!number_value || !peer_value) return responder.refuse(kBadRequest);
  const auto number = stun::read_channel_number(*number_value);
  if (!number || *number < kFirstChannel || *number > server.settings().last_channel) {
    return responder.refuse(kBadRequest);
  }
  const auto peer = read_exact_peer(server, message, allocation, *peer_value);
  if (!peer) return responder.refuse(peer.reason());

  // 2. and 3. Neither the number nor the peer is bound to another.
  const ChannelField bound = allocation.channel_of(peer->endpoint);
  const bool renews = bound == *number;
  if (!renews && (bound != kNoChannel || allocation.is_bound(*number))) {
    return responder.refuse(kBadRequest);
  }
  const Limits& limits = server.settings().limits;
  const bool room = (renews || allocation.channel_count() < limits.channels_per_allocation) &&
                    (allocation.has_permission(peer->endpoint.address) ||
                     allocation.permission_count() < limits.permissions_per_allocation);
  if (!room) return responder.refuse(kTableFull);

  allocation.bind(context.request.now, *number, *peer, context.outcome);
  server.allocations.reschedule(allocation);
  confirm(context);
  return {};
}

DropReason send_drop_reason(ServerState& server, const Request& request, Outcome& outcome) {
  const auto send = parse_send_indication(request.message.bytes());
  if (!send) return send.reason();
  const Allocation* allocation =
      server.allocations.find(request.now, request.five_tuple(), outcome);
  if (allocation == nullptr) return DropReason::no_allocation;
  const auto peer = check_peer_policy(server, *allocation, send->peer);
  if (!peer) return peer.reason().reason;
  return DropReason::no_permission;
}

void on_icmp(ServerState& server, Time now, SocketId relay, const Endpoint& peer,
             const IcmpError& error, Outcome& outcome) {
  const Allocation* allocation = server.allocations.find_by_relay(now, relay, outcome);
  if (allocation == nullptr || allocation->is_suspended() || allocation->is_tcp() ||
      !allocation->has_permission(peer.address) || !is_told(peer.address.family(), error.type)) {
    return;
  }
  const Endpoint advertised{server.dependencies.ports.advertised_address(peer.address), peer.port};
  std::array<std::byte, 64> buffer;
  StunBuilder indication{buffer, stun::Method::data, stun::MessageClass::indication,
                         stun::TransactionId::random()};
  indication.xor_address(AttributeType::xor_peer_address, advertised)
      .icmp(error.type, error.code, error.data);
  const ClientPath& client = allocation->client();
  outcome.reply(client.socket, client.five_tuple.client.endpoint, indication.finish());
}

}  // namespace avedge::turn
