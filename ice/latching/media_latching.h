// The media of anchored calls on one worker: paths over UDP and over TCP, and between the two.
#pragma once

#include "ice/latching/tcp_latching.h"
#include "ice/latching/udp_latching.h"
#include "relay/core/media_path_handler.h"

namespace avedge::latching {

/// One per worker, on its thread.
class MediaLatching final : public MediaPathHandler {
 public:
  /// All outlive this. `own_addresses` are those of the edge's relayed ports, under all names.
  MediaLatching(const FlowReader& flows, StreamConnections& connections, WorkerCounters& counters,
                const std::vector<IpAddress>& own_addresses = {})
      : udp_{flows, counters, own_addresses}, tcp_{connections, udp_, counters, own_addresses} {}

  void set_path(Time now, const MediaPath& path, Outcome& outcome) override;
  void remove_path(Time now, MediaPathId path, Outcome& outcome) override;
  /// A packet on an anchor socket, or on a connection that carries packets.
  [[nodiscard]] Verdict<void> handle(Time now, const Path& path, ConstBytes datagram,
                                     Outcome& outcome) override {
    return udp_.handle(now, path, datagram, outcome);
  }
  [[nodiscard]] Verdict<void> on_stream(Time now, const StreamEvent& event,
                                        Outcome& outcome) override {
    return tcp_.on_stream(now, event, outcome);
  }
  void expire(Time now, Outcome& outcome) override;
  [[nodiscard]] Time next_deadline() const override {
    return std::min(udp_.next_deadline(), tcp_.next_deadline());
  }

 private:
  UdpLatching udp_;
  TcpLatching tcp_;
};

}  // namespace avedge::latching
