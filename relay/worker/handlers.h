// The protocol knowledge that a worker consults, and what it is made from.
#pragma once

#include <functional>
#include <memory>

#include "relay/core/counters.h"
#include "relay/core/media_path_handler.h"
#include "relay/core/peer_connections.h"
#include "relay/core/relay_ports.h"
#include "relay/core/slow_path.h"
#include "relay/core/stream_connections.h"

namespace avedge::relay {

/// Made for each worker by edge/, with references to that worker's ports, flow counters and
/// counters; used on its thread only.
struct Handlers {
  std::unique_ptr<SlowPathHandler> listener;  // of clients of TURN
  std::unique_ptr<MediaPathHandler> media;
};

/// What a worker offers to the handlers that are made for it. Everything outlives them.
struct HandlerContext {
  WorkerIndex worker;
  RelayPorts& ports;
  PeerConnections& peers;
  StreamConnections& parties;
  const FlowReader& flows;
  WorkerCounters& counters;
};
using HandlerFactory = std::function<Handlers(const HandlerContext&)>;

}  // namespace avedge::relay
