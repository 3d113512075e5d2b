// The forwarding loop's judgement on one packet: which flow it belongs to, whether that flow admits
// it now, and how it leaves. Knows flows and framing and nothing else; what no flow explains goes
// to the slow path. Runs per packet: no lock, no allocation, no log, no copy of a payload.
#pragma once

#include "relay/core/counters.h"
#include "relay/core/relay_ports.h"
#include "relay/core/slow_path.h"
#include "relay/core/turn_framing.h"
#include "relay/egress/frame_egress.h"
#include "relay/flows/crypto_table.h"
#include "relay/flows/flow_table.h"
#include "relay/flows/socket_table.h"
#include "relay/forwarding/packet_buffers.h"
#include "relay/sockets/send_batch.h"

namespace avedge::relay {

/// A received packet: writable. What relayed addresses receive has the headroom of a PacketRing
/// buffer.
struct Packet {
  Endpoint remote;
  Bytes bytes;
  IpHeaderFields fields = {};  // as far as they are read (DscpTtlPolicy::reads_fields())
  /// Bytes behind it that may be overwritten.
  std::size_t tailroom = 0;
};

class Forwarder {
 public:
  enum class Next : std::uint8_t {
    done,
    ask_slow_path,
    decrypt  // a listener's DTLS record
  };

  /// References outlive the forwarder.
  struct Dependencies {
    FlowTable& flows;
    SocketTable& sockets;
    const CryptoTable& cryptos;
    SendBatch& batch;
    PacketBuffers& buffers;
    WorkerCounters& counters;
    const RelayPorts& ports;
    /// Some relayed address is advertised by another name (1:1 NAT): our own addresses must be
    /// recognised inside Send indications.
    bool translates = false;
    DscpTtlPolicy dscp_ttl = {};
    FrameEgress* egress = nullptr;  // null: everything leaves by sockets
  };
  explicit Forwarder(const Dependencies& dependencies);

  /// Forwards or drops (and counts) the packet, or says that the slow path must see it. The
  /// packet's buffer and the flow table stay as they are until the batch has been flushed.
  [[nodiscard]] Next forward(Time now, SocketId id, const Socket& socket, const Packet& packet);

  /// Judges flows with FlowSpec::judges_port; until then only leased ports of this edge are
  /// reached. Outlives the forwarder.
  void judge_peers_by(const SlowPathHandler& judge) { judge_ = &judge; }
  /// From now on relayed addresses that have a bandwidth are held to it.
  void limit_bandwidth() { limits_bandwidth_ = true; }

 private:
  Next from_client(Time now, SocketId id, const Packet& packet);
  Next from_peer(Time now, SocketId id, const Socket& socket, const Packet& packet);
  Next from_party(Time now, SocketId id, const Socket& socket, const Packet& packet);

  void forward_channel_data(Time now, SocketId id, const Packet& packet);
  void forward_send_indication(Time now, SocketId id, const Packet& packet);
  void deliver(Time now, const Socket& socket, Flow& flow, const Packet& packet);
  void pass_encrypted(Time now, Flow& flow, const Packet& packet);
  void frame_channel_data(Flow& flow, const Packet& packet);
  void frame_data_indication(Flow& flow, const Packet& packet);

  [[nodiscard]] bool is_admitted(Time now, const Flow& flow);
  [[nodiscard]] bool may_reach(const Flow& flow, const Endpoint& peer);
  [[nodiscard]] bool may_spend(Time now, const Socket& relay, std::size_t payload_size);
  [[nodiscard]] const Socket* find_out(const Flow& flow);
  void send(Flow& flow, ConstBytes datagram, const IpHeaderFields& received);
  void send(const Socket& out, Flow& flow, ConstBytes datagram, const IpHeaderFields& received);
  void send(const Socket& out, const Endpoint& peer, const SendIndicationView& message,
            const IpHeaderFields& received);
  template <class Destination>
  void push(int fd, const Destination& destination, ConstBytes datagram,
            const IpHeaderFields& fields);
  void account(Time now, Flow& flow, std::size_t payload_size);
  [[nodiscard]] StunTransactionBytes next_transaction();
  Next drop(DropReason reason) {
    counters_.drops.count(reason);
    return Next::done;
  }

  FlowTable& flows_;
  SocketTable& sockets_;
  const CryptoTable& cryptos_;
  SendBatch& batch_;
  PacketBuffers& buffers_;
  WorkerCounters& counters_;
  const RelayPorts& ports_;
  bool translates_;
  DscpTtlPolicy dscp_ttl_;
  FrameEgress* egress_;
  const SlowPathHandler* judge_ = nullptr;
  bool limits_bandwidth_ = false;
  std::uint64_t transaction_seed_;
  std::uint64_t transactions_ = 0;
};

}  // namespace avedge::relay
