// Carries out what the protocol decided (Outcome): sends its replies, and edits flows, sockets and
// connections.
#pragma once

#include <vector>

#include "relay/flows/flow_observer.h"
#include "relay/forwarding/forwarder.h"
#include "relay/sockets/send_batch.h"
#include "relay/worker/worker_sockets.h"

namespace avedge::relay {

/// The worker's thread only.
class EditExecutor {
 public:
  /// References outlive this.
  struct Dependencies {
    SocketTable& sockets;
    WorkerSockets& worker_sockets;
    FlowTable& flows;
    CryptoTable& cryptos;
    SendBatch& batch;
    Forwarder& forwarder;
    Drops& drops;
  };
  explicit EditExecutor(const Dependencies& dependencies) : dependencies_{dependencies} {}

  /// Is told of every edit of a flow from now on, and outlives this.
  void add(FlowObserver& observer) { observers_.push_back(&observer); }

  void carry_out(const Outcome& outcome);

 private:
  void send(const Outcome& outcome);
  void carry_out(const UpsertFlow& edit);
  void carry_out(const EraseFlow& edit);
  void carry_out(const CloseSocket& edit);
  void carry_out(const SetAuthState& edit);
  void carry_out(const JoinConnections& edit);
  void carry_out(const HandOver& edit);
  void carry_out(const LimitBandwidth& edit);
  void carry_out(const SetCrypto& edit);
  [[nodiscard]] ConnectionOwner* find_owner(SocketId connection);

  Dependencies dependencies_;
  std::vector<FlowObserver*> observers_;
  LocalCredits budget_shares_;
};

}  // namespace avedge::relay
