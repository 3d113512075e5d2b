// The parties of a dialog, as the data plane requires them.
#pragma once

#include "signaling-shim/anchor/call_observer.h"
#include "signaling-shim/anchor/dialog_state.h"
#include "signaling-shim/anchor/loop_detector.h"
#include "signaling-shim/anchor/media_targets.h"

namespace avedge::anchor {

/// Shared by all paths of the edge.
struct PathFactory {
  SessionControl& control;
  SessionCounters& counters;
  const MediaTargets& targets;
  LoopDetector loop_detector{};
  std::uint64_t next_id = 1;
};

enum class Component : std::uint8_t { rtp, rtcp };

/// One component of one m= line of a dialog's state; reads it, and must not outlive it.
class LegBuilder {
 public:
  LegBuilder(const PathFactory& factory, Latching latching, const DialogState& state,
             std::size_t line, Component component)
      : factory_{factory}, latching_{latching}, state_{state}, line_{line}, component_{component} {}

  /// The UDP leg of the party on `side`; its datagrams arrive at `port`.
  [[nodiscard]] UdpLeg udp_leg(Side side, const MediaPort& port) const;
  /// The same, for datagrams that carry the payload of the other party's frames.
  [[nodiscard]] UdpLeg converted_leg(Side side, const MediaPort& port) const;
  /// The same over TCP.
  [[nodiscard]] TcpLeg tcp_leg(Side side, const MediaPort& port) const;

 private:
  [[nodiscard]] const MediaLine& line_of(Side side) const {
    return state_.party[side].lines[line_];
  }
  [[nodiscard]] std::uint16_t number() const;
  [[nodiscard]] bool uses_ice() const;
  [[nodiscard]] LinePayload payload(Side side) const;
  [[nodiscard]] Latching latching_of(Side side) const;
  [[nodiscard]] bool may_send_to(Side side, const Endpoint& signalled, const MediaPort& port,
                                 Transport transport) const;
  [[nodiscard]] std::vector<IpAddress> admitted_addresses(Side side, const MediaPort& port,
                                                          Transport transport) const;
  [[nodiscard]] std::vector<Endpoint> passive(Side side, const MediaPort& port) const;

  const PathFactory& factory_;
  Latching latching_;
  const DialogState& state_;
  std::size_t line_;
  Component component_;
};

}  // namespace avedge::anchor
