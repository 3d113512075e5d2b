#include "ice/turn/mobility.h"

#include "ice/turn/refresh.h"
#include "ice/turn/travel.h"

namespace avedge::turn {
namespace {

using stun::AttributeType;

/// From another worker: the answer is given when it arrives. Retransmissions meanwhile change
/// nothing but whom the answer goes to.
Verdict<void> send_for(Core& core, const Exchange& exchange, const Ticket& ticket,
                       RefreshOrder order) {
  const Request& request = exchange.request;
  Neighbours* neighbours = core.surroundings.neighbours;
  if (neighbours == nullptr ||
      static_cast<std::size_t>(ticket.worker()) >= neighbours->worker_count()) {
    return exchange.responder.refuse(kBadTicket);
  }
  PendingMove move{ticket,
                   {request.five_tuple(), request.path.socket},
                   exchange.responder.letterhead(),
                   std::move(order)};
  if (PendingMove* pending = core.moves.find(request.five_tuple())) {
    if (pending->ticket != ticket) return exchange.responder.refuse(kBadTicket);
    *pending = std::move(move);
    return {};
  }
  if (core.allocations.is_full() || !core.moves.add(request.now, std::move(move))) {
    return exchange.responder.refuse(kTableFull);
  }
  neighbours->post(ticket.worker(), fetch_errand(ticket, exchange, core.surroundings.worker));
  return {};
}

}  // namespace

bool needs_move(Core& core, const Exchange& exchange) {
  const Request& request = exchange.request;
  const auto value = request.message.find(AttributeType::mobility_ticket);
  if (!value || value->empty()) return false;
  const Allocation* here =
      core.allocations.find(request.now, request.five_tuple(), exchange.outcome);
  if (here == nullptr) return true;
  // Its own ticket needs no move, and neither does the request that has just brought it here.
  const bool is_its_own = here->ticket() && Ticket::read(*value) == here->ticket();
  return !is_its_own && here->moved_by() != request.message.transaction();
}

Verdict<void> on_move(Core& core, const Exchange& exchange, RefreshOrder order) {
  const Request& request = exchange.request;
  Responder& responder = exchange.responder;
  if (!core.settings().mobility) return responder.refuse(kMobilityForbidden);
  // A five-tuple has one allocation, and this one has another already.
  if (core.allocations.peek(request.five_tuple()) != nullptr) {
    return responder.refuse(kAllocationMismatch);
  }
  const auto ticket = Ticket::read(*request.message.find(AttributeType::mobility_ticket));
  if (!ticket) return responder.refuse(kBadTicket);
  if (ticket->worker() != core.surroundings.worker) {
    return send_for(core, exchange, *ticket, std::move(order));
  }

  Allocation* allocation = core.allocations.find(request.now, *ticket, exchange.outcome);
  if (allocation == nullptr) return responder.refuse(kBadTicket);
  if (!allocation->belongs_to(exchange.identity)) return responder.refuse(kWrongCredentials);
  const auto moved = core.surroundings.ledger.move_allocation(
      allocation->client().five_tuple.client.endpoint.address, request.path.remote.address);
  if (!moved) return responder.refuse(refusal_of(moved.reason()));
  release_client(core, *allocation, exchange.outcome);
  core.allocations.resume(*allocation, {request.five_tuple(), request.path.socket},
                          exchange.outcome);
  core.allocations.issue_ticket(*allocation);
  allocation->set_moved_by(request.message.transaction());
  return carry_out(core, request.now, *allocation, std::move(order), responder, exchange.outcome);
}

void on_client_gone(Core& core, Time now, const Path& path, Outcome& outcome) {
  const FiveTuple five_tuple{ClientEndpoint{path.remote}, path.local, path.transport};
  if (const PendingMove* pending = core.moves.find(five_tuple)) {
    if (pending->client.socket == path.socket) (void)core.moves.take(five_tuple);
  }
  Allocation* allocation = core.allocations.find(now, five_tuple, outcome);
  if (allocation == nullptr || allocation->client().socket != path.socket) return;
  if (allocation->ticket()) {
    core.allocations.park(*allocation, outcome);
  } else {
    core.allocations.close(now, *allocation, CloseReason::connection_closed, outcome);
  }
}

}  // namespace avedge::turn
