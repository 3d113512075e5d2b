#include "ice/turn/mobility.h"

#include "ice/turn/allocation_handoff.h"
#include "ice/turn/refresh.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;

/// From another worker: the answer is sent when it arrives. Retransmissions meanwhile change only
/// the answer's destination.
Verdict<void> send_for(ServerState& server, const RequestContext& context, const Ticket& ticket,
                       RefreshOrder order) {
  const Request& request = context.request;
  OtherWorkers* other_workers = server.dependencies.other_workers;
  if (other_workers == nullptr ||
      static_cast<std::size_t>(ticket.worker()) >= other_workers->worker_count()) {
    return context.responder.refuse(kBadTicket);
  }
  PendingHandoff move{ticket,
                      {request.five_tuple(), request.path.socket},
                      context.responder.target(),
                      std::move(order)};
  if (PendingHandoff* pending = server.moves.find(request.five_tuple())) {
    if (pending->ticket != ticket) return context.responder.refuse(kBadTicket);
    *pending = std::move(move);
    return {};
  }
  if (server.allocations.is_full() || !server.moves.add(request.now, std::move(move))) {
    return context.responder.refuse(kTableFull);
  }
  other_workers->post(ticket.worker(),
                      request_handoff(ticket, context, server.dependencies.worker));
  return {};
}

}  // namespace

bool needs_move(ServerState& server, const RequestContext& context) {
  const Request& request = context.request;
  const auto value = request.message.find(AttributeType::mobility_ticket);
  if (!value || value->empty()) return false;
  const Allocation* here =
      server.allocations.find(request.now, request.five_tuple(), context.outcome);
  if (here == nullptr) return true;
  // Its own ticket needs no move, and neither does the request that has just brought it here.
  const bool is_its_own = here->ticket() && Ticket::read(*value) == here->ticket();
  return !is_its_own && here->moved_by() != request.id();
}

Verdict<void> on_move(ServerState& server, const RequestContext& context, RefreshOrder order) {
  const Request& request = context.request;
  Responder& responder = context.responder;
  if (!server.settings().mobility) return responder.refuse(kMobilityForbidden);
  // A five-tuple has one allocation, and this one has another already.
  if (server.allocations.peek(request.five_tuple()) != nullptr) {
    return responder.refuse(kAllocationMismatch);
  }
  const auto ticket = Ticket::read(*request.message.find(AttributeType::mobility_ticket));
  if (!ticket) return responder.refuse(kBadTicket);
  if (ticket->worker() != server.dependencies.worker) {
    return send_for(server, context, *ticket, std::move(order));
  }

  Allocation* allocation = server.allocations.find(request.now, *ticket, context.outcome);
  if (allocation == nullptr) return responder.refuse(kBadTicket);
  if (!allocation->belongs_to(context.identity)) return responder.refuse(kWrongCredentials);
  const auto moved = server.dependencies.quota.move_allocation(
      allocation->client().five_tuple.client.endpoint.address, request.path.remote.address);
  if (!moved) return responder.refuse(refusal_of(moved.reason()));
  release_client(server, *allocation, context.outcome);
  server.allocations.resume(*allocation, {request.five_tuple(), request.path.socket},
                            context.outcome);
  server.allocations.issue_ticket(*allocation);
  allocation->set_moved_by(request.id());
  return carry_out(server, request.now, *allocation, std::move(order), responder, context.outcome);
}

void on_client_gone(ServerState& server, Time now, const Path& path, Outcome& outcome) {
  const FiveTuple five_tuple{ClientEndpoint{path.remote}, path.local, path.transport};
  if (const PendingHandoff* pending = server.moves.find(five_tuple)) {
    if (pending->client.socket == path.socket) (void)server.moves.take(five_tuple);
  }
  Allocation* allocation = server.allocations.find(now, five_tuple, outcome);
  if (allocation == nullptr || allocation->client().socket != path.socket) return;
  if (allocation->ticket()) {
    server.allocations.suspend(*allocation, outcome);
  } else {
    server.allocations.close(now, *allocation, CloseReason::connection_closed, outcome);
  }
}

}  // namespace avedge::turn
