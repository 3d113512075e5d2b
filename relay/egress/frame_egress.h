// Sends a worker's datagrams as Ethernet frames, with one system call for all of them, where the
// route is known; the sockets send the rest.
#pragma once

#include <map>
#include <vector>

#include "relay/core/cache_line.h"
#include "relay/egress/frame_batch.h"
#include "relay/egress/next_hop_resolver.h"
#include "relay/flows/flow_observer.h"
#include "relay/sockets/send_batch.h"

namespace avedge::relay {

/// The worker's thread. Another thread creates it, so it has its own cache lines.
class alignas(kCacheLine) FrameEgress final : public FlowObserver {
 public:
  /// References outlive it. `sockets` holds datagrams that leave through sockets: flushed before
  /// any frame, so that a flow that uses both paths keeps its order.
  FrameEgress(WorkerIndex worker, NextHopResolver& resolver, FileDescriptor packet_socket,
              SendBatch& sockets, WorkerCounters& counters, const Time& now);

  // FlowObserver: a flow holds the route that its datagrams leave by (Flow::route).
  void on_upsert(Flow& flow, const Socket* out) override;
  void on_erase(const Flow& flow) override { release(flow.route); }

  /// What the resolver has to say.
  void set(const RouteKey& key, const std::optional<NextHop>& hop);

  /// False: the socket must send it, and everything before it has left. `payload` stays untouched
  /// until flush(). Per packet.
  [[nodiscard]] bool push(RouteId route, const Endpoint& from, const SocketAddress& to,
                          ConstBytes payload, const IpHeaderFields& fields);
  /// Sends what waits, here and in the sockets' batch.
  void flush();

 private:
  struct HeldRoute {
    RouteKey key;
    std::uint32_t holders = 0;
    std::optional<NextHop> hop;
  };

  /// The route of datagrams from `out` to `destination`; held until it is released. kNoRoute if
  /// they never leave as frames.
  [[nodiscard]] RouteId hold(const Socket& out, const Endpoint& destination);
  /// kNoRoute is ignored.
  void release(RouteId route);
  [[nodiscard]] bool needs_nud_confirmation(std::uint32_t neighbour);

  WorkerIndex worker_;
  NextHopResolver& resolver_;
  SendBatch& sockets_;
  FrameBatch frames_;
  const Time& now_;
  std::vector<HeldRoute> routes_;  // by RouteId
  std::vector<RouteId> free_;
  std::map<RouteKey, RouteId> by_key_;
  std::vector<Time> nud_confirmation_due_;  // by NextHop::neighbour
  std::uint16_t identification_;
};

}  // namespace avedge::relay
