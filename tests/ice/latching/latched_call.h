// An anchored stream under latching, with the worker's flows around it: packets go by flow where
// there is one, and to the slow path where there is none, as in the worker.
#pragma once

#include <map>
#include <memory>

#include "ice/latching/udp_latching.h"

namespace avedge::latching {

inline Endpoint at(std::string_view text) {
  return *Endpoint::parse(text);
}

/// The flow table a worker would have after the same edits.
class FlowsAfterEdits : public FlowReader {
 public:
  void apply(const Outcome& outcome) {
    for (const FlowEdit& edit : outcome.edits()) {
      if (const auto* upsert = std::get_if<UpsertFlow>(&edit)) {
        flows[upsert->spec.key] = upsert->spec;
      } else if (const auto* erase = std::get_if<EraseFlow>(&edit)) {
        flows.erase(erase->key);
        usages.erase(erase->key);
      }
    }
  }
  [[nodiscard]] FlowUsage usage(const FlowKey& key) const override {
    const auto found = usages.find(key);
    return found == usages.end() ? FlowUsage{} : found->second;
  }
  [[nodiscard]] const FlowSpec* find(SocketId socket, const Endpoint& from) const {
    const auto found = flows.find({socket, from, kNoChannel});
    return found == flows.end() ? nullptr : &found->second;
  }
  std::map<FlowKey, FlowSpec> flows;
  std::map<FlowKey, FlowUsage> usages;
};

/// RTP (172 bytes) of a stream at a sequence number.
inline std::vector<std::byte> rtp_packet(std::uint32_t ssrc, std::uint16_t sequence,
                                         std::uint8_t payload_type = 0) {
  std::vector<std::byte> packet(172);
  packet[0] = std::byte{0x80};
  packet[1] = std::byte{payload_type};
  store_be16(packet.data() + 2, sequence);
  store_be32(packet.data() + 8, ssrc);
  return packet;
}

/// A receiver report without blocks (RFC 3550 §6.4.2).
inline std::vector<std::byte> rtcp_packet(std::uint32_t ssrc) {
  std::vector<std::byte> packet(8);
  packet[0] = std::byte{0x80};
  packet[1] = std::byte{201};
  packet[3] = std::byte{1};
  store_be32(packet.data() + 4, ssrc);
  return packet;
}

class LatchedCall {
 public:
  void set(const UdpPath& path) {
    Outcome outcome;
    latching.set_path(now, path, outcome);
    flows.apply(outcome);
  }
  void remove(MediaPathId path) {
    Outcome outcome;
    latching.remove_path(path, outcome);
    flows.apply(outcome);
  }
  /// Where the packet went; nothing if it was dropped.
  std::optional<Endpoint> send(SocketId socket, const Endpoint& from, ConstBytes datagram) {
    if (const auto gone = send_by_flow(socket, from, datagram)) return gone;
    Outcome outcome;
    const Path path{socket, at("192.0.2.10:50000"), from, Transport::udp};
    const auto verdict = latching.handle(now, path, datagram, outcome);
    flows.apply(outcome);
    refusal = verdict ? std::nullopt : std::optional{verdict.reason()};
    return outcome.replies().empty() ? std::nullopt : std::optional{outcome.replies()[0].to};
  }
  /// Time goes on, with all deadlines in between.
  void wait(Duration duration) {
    const Time until = now + duration;
    while (latching.next_deadline() <= until) {
      now = std::max(now, latching.next_deadline());
      Outcome outcome;
      latching.expire(now, outcome);
      flows.apply(outcome);
    }
    now = until;
  }
  [[nodiscard]] std::uint64_t latches(LatchKind kind) const {
    return counters.latches[static_cast<std::size_t>(kind)].value();
  }

  Time now{std::chrono::hours{1}};
  FlowsAfterEdits flows;
  WorkerCounters counters;
  UdpLatching latching{flows, counters, {at("192.0.2.10").address}};
  std::optional<DropReason> refusal;

 private:
  std::optional<Endpoint> send_by_flow(SocketId socket, const Endpoint& from, ConstBytes datagram) {
    const FlowSpec* flow = flows.find(socket, from);
    const bool is_stun = !datagram.empty() && datagram[0] < std::byte{4};
    if (flow == nullptr || is_stun) return std::nullopt;
    FlowUsage packet{1, datagram.size(), now, {}};
    if (is_rtp(datagram)) packet.rtp = rtp_position_of(datagram);
    flows.usages[flow->key] += packet;
    refusal.reset();
    return flow->destination;
  }
};

}  // namespace avedge::latching
