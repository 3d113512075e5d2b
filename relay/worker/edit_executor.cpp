#include "relay/worker/edit_executor.h"

namespace avedge::relay {

void EditExecutor::carry_out(const Outcome& outcome) {
  send(outcome);
  // The batch points into the outcome and at flows' addresses: it leaves before either changes.
  dependencies_.batch.flush();
  for (const FlowEdit& edit : outcome.edits()) {
    std::visit([this](const auto& each) { carry_out(each); }, edit);
  }
}

void EditExecutor::send(const Outcome& outcome) {
  SendBatch& batch = dependencies_.batch;
  for (const Outcome::Reply& reply : outcome.replies()) {
    const Socket* socket = dependencies_.sockets.find(reply.socket);
    if (socket == nullptr) continue;
    if (MessageTransport* transport = transport_of(*socket)) {
      transport->send(outcome.bytes_of(reply));
      continue;
    }
    if (batch.full()) batch.flush();
    batch.push(socket->fd.get(), reply.to, outcome.bytes_of(reply));
  }
}

void EditExecutor::carry_out(const UpsertFlow& edit) {
  if (!dependencies_.flows.upsert(edit.spec)) {
    return dependencies_.drops.count(DropReason::table_full);
  }
  if (observers_.empty()) return;
  Flow& flow = *dependencies_.flows.find(edit.spec.key);
  const Socket* out = dependencies_.sockets.find(flow.out_socket);
  for (FlowObserver* observer : observers_) observer->on_upsert(flow, out);
}

void EditExecutor::carry_out(const EraseFlow& edit) {
  if (!observers_.empty()) {
    const Flow* flow = dependencies_.flows.find(edit.key);
    if (flow == nullptr) return;
    for (FlowObserver* observer : observers_) observer->on_erase(*flow);
  }
  dependencies_.flows.erase(edit.key);
}

void EditExecutor::carry_out(const CloseSocket& edit) {
  if (ConnectionOwner* owner = find_owner(edit.socket)) return owner->close(edit.socket);
  dependencies_.worker_sockets.close(edit.socket);
}

void EditExecutor::carry_out(const SetAuthState& edit) {
  if (ConnectionOwner* owner = find_owner(edit.connection)) {
    owner->set_auth_state(edit.connection, edit.auth_state);
  }
}

void EditExecutor::carry_out(const JoinConnections& edit) {
  if (ConnectionOwner* owner = find_owner(edit.client)) owner->join(edit.client, edit.peer);
}

void EditExecutor::carry_out(const HandOver& edit) {
  if (ConnectionOwner* owner = find_owner(edit.connection)) {
    owner->hand_over(edit.connection, edit.worker);
  }
}

void EditExecutor::carry_out(const LimitBandwidth& edit) {
  const auto bandwidth = std::make_shared<AllocationBandwidth>(edit.grant, budget_shares_);
  dependencies_.forwarder.limit_bandwidth();
  for (const SocketId relay : edit.relays) {
    Socket* socket = dependencies_.sockets.find(relay);
    if (socket == nullptr) continue;
    if (auto* relayed = socket->as<RelayedAddress>()) relayed->bandwidth = bandwidth;
  }
}

void EditExecutor::carry_out(const SetCrypto& edit) {
  dependencies_.cryptos.set(edit.id, edit.crypto);
}

ConnectionOwner* EditExecutor::find_owner(SocketId connection) {
  const Socket* socket = dependencies_.sockets.find(connection);
  return socket == nullptr ? nullptr : owner_of(*socket);
}

}  // namespace avedge::relay
