// Sends probes over many flows at a steady rate and counts what comes out at the other end.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <vector>

#include "bench/load/client_link.h"
#include "bench/load/load_socket.h"
#include "bench/load/probe.h"
#include "bench/load/send_queue.h"
#include "relay/core/flow.h"

namespace avedge::bench {

/// One allocation with the peer it talks to. Links and descriptors are owned elsewhere.
struct Flow {
  ClientConnection* client = nullptr;
  Endpoint server;
  Endpoint relayed;
  std::size_t peer = 0;  // index into TrafficPlan::peers
  /// kNoChannel: towards the peer in Send indications.
  ChannelField channel = kNoChannel;
};

struct TrafficPlan {
  std::vector<Flow> flows;
  std::vector<LoadSocket> peers;
  /// up, down or echo; up and down together halve the rate for each.
  std::vector<Leg> legs;
  double rate = 0;  // packets per second, over all flows and legs that a probe starts on
  std::chrono::duration<double> time{0};
  std::size_t size = 0;  // payload bytes, at least Probe::kSize

  /// How many probes each flow sends on each leg.
  [[nodiscard]] std::size_t probes_per_flow() const;
};

struct LegReport {
  Leg leg = Leg::up;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t duplicates = 0;
  LatencyHistogram latency;
};

struct TrafficReport {
  std::vector<LegReport> legs;
  std::chrono::duration<double> time{0};  // from the first probe sent to the last one
  std::uint64_t send_errors = 0;
  std::uint64_t misrouted = 0;  // probes that came out at a flow other than their own
  std::uint64_t foreign = 0;    // datagrams without a probe
};

/// Sends from the calling thread, receives on one of its own; returns when every probe has arrived,
/// or none has for a second after the last was sent. Calls `progress` about once a second.
class Traffic {
 public:
  using Progress = std::function<void(std::uint64_t sent, std::uint64_t received)>;

  explicit Traffic(TrafficPlan plan);
  TrafficReport run(const Progress& progress);

 private:
  void send_all(const Progress& progress, TrafficReport& report);
  void send(const Probe& probe);
  void drain(const Progress& progress);
  void receive_until_stopped();
  void receive(std::size_t source);
  void receive_stream(std::size_t flow);
  void take_at_peer(const Endpoint& from, ConstBytes payload, Clock::time_point now);
  void take_at_client(std::size_t flow, ConstBytes datagram, Clock::time_point now);
  [[nodiscard]] Tally& tally(Leg leg) { return tallies_[static_cast<std::size_t>(leg)]; }
  [[nodiscard]] std::uint64_t arrived() const;
  [[nodiscard]] bool echoes() const;

  TrafficPlan plan_;
  SendQueue queue_;
  std::uint64_t broken_sends_ = 0;
  std::deque<Tally> tallies_;  // by Leg; a counter cannot move
  Counter misrouted_;
  Counter foreign_;
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace avedge::bench
