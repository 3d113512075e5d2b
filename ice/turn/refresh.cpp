#include "ice/turn/refresh.h"

#include "ice/turn/allocate_request.h"
#include "ice/turn/mobility.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;
using stun::StunBuilder;

Answer<RefreshOrder> read_order(const ServerState& server, const RequestContext& context) {
  const stun::StunView& message = context.request.message;
  RefreshOrder order;
  const auto family = read_family(message);
  if (!family) {
    const bool malformed = family.reason().code == kBadRequest.code;
    return malformed ? kBadRequest : kPeerFamilyMismatch;
  }
  order.family = *family;
  const auto requested = read_lifetime(message);
  if (!requested) return requested.reason();
  const bool deletes = *requested && **requested == std::chrono::seconds{0};
  if (!deletes) order.lifetime = lifetime_for(*requested, server.settings(), context.identity);
  order.shows_ticket = message.has(AttributeType::mobility_ticket);
  order.token = token_session_from(context);
  return order;
}

void confirm(const RefreshOrder& order, const std::optional<Ticket>& ticket, Responder& responder) {
  StunBuilder response = responder.success();
  response.u32(AttributeType::lifetime, static_cast<std::uint32_t>(order.lifetime.count()));
  if (order.shows_ticket && ticket) response.raw(AttributeType::mobility_ticket, ticket->bytes);
  responder.send(response);
}

/// RFC 8656 §8.2: lifetime 0 releases the relayed address, and the last one ends the allocation.
void delete_relays(ServerState& server, Time now, Allocation& allocation, const RefreshOrder& order,
                   Outcome& outcome) {
  const bool is_dual = allocation.relay(AddressFamily::ipv4) != nullptr &&
                       allocation.relay(AddressFamily::ipv6) != nullptr;
  if (order.family && is_dual) {
    server.allocations.release_family(allocation, *order.family, outcome);
  } else {
    server.allocations.close(now, allocation, CloseReason::deleted_by_client, outcome);
  }
}

}  // namespace

Verdict<void> on_refresh(ServerState& server, const RequestContext& context) {
  const Request& request = context.request;
  auto order = read_order(server, context);
  // The answer to a deletion may have been lost.
  const bool was_deleted = server.deleted.contains(request.now, request.five_tuple(), request.id());
  if (was_deleted && order) {
    confirm(*order, std::nullopt, context.responder);
    return {};
  }
  if (needs_move(server, context)) {
    if (!order) return context.responder.refuse(order.reason());
    return on_move(server, context, std::move(order).value());
  }
  const auto found = find_own(server, context);
  if (!found) return context.responder.refuse(found.reason());
  if (!order) return context.responder.refuse(order.reason());
  return carry_out(server, request.now, **found, std::move(order).value(), context.responder,
                   context.outcome);
}

Verdict<void> carry_out(ServerState& server, Time now, Allocation& allocation, RefreshOrder order,
                        Responder& responder, Outcome& outcome) {
  if (order.family && allocation.relay(*order.family) == nullptr) {
    return responder.refuse(kPeerFamilyMismatch);
  }
  const std::optional<Ticket> ticket = allocation.ticket();
  if (order.lifetime == std::chrono::seconds{0}) {
    server.deleted.remember(now, allocation.client().five_tuple,
                            RequestId{responder.target().transaction.bytes});
    delete_relays(server, now, allocation, order, outcome);
    confirm(order, std::nullopt, responder);
    return {};
  }
  for (const auto family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    const bool is_meant = !order.family || *order.family == family;
    if (!is_meant || allocation.relay(family) == nullptr) continue;
    allocation.refresh(family, now + order.lifetime, outcome);
  }
  if (order.token) allocation.renew_token(std::move(order.token));
  server.allocations.reschedule(allocation);
  confirm(order, ticket, responder);
  return {};
}

}  // namespace avedge::turn
