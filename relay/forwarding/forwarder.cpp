#include "relay/forwarding/forwarder.h"

#include <cstring>

#include "relay/core/random.h"
#include "relay/sockets/packet_ring.h"
#include "relay/sockets/udp_socket.h"

namespace avedge::relay {

static_assert(PacketRing::kHeadroom >= kMaxDataIndicationHeader);
static_assert(PacketRing::kTailroom >= 3, "a STUN attribute is padded by up to three bytes");
static_assert(PacketRing::kTailroom >= PacketCrypto::kMaxGrowth);
static_assert(PacketRing::kHeadroom % PacketCrypto::kAlignment == 0);

namespace {

/// Should the party's address change, only its own stream may follow it (ice/latching/party.h).
void note_position(Flow& flow, ConstBytes rtp) {
  const RtpPosition position = rtp_position_of(rtp);
  flow.rtp_ssrc = position.ssrc;
  flow.rtp_sequence = position.sequence;
}

bool is_dtls(const Packet& packet) {
  return !packet.bytes.empty() && classify(packet.bytes[0]) == PacketKind::dtls;
}

}  // namespace

Forwarder::Forwarder(const Dependencies& dependencies)
    : flows_{dependencies.flows},
      sockets_{dependencies.sockets},
      cryptos_{dependencies.cryptos},
      batch_{dependencies.batch},
      buffers_{dependencies.buffers},
      counters_{dependencies.counters},
      ports_{dependencies.ports},
      translates_{dependencies.translates},
      dscp_ttl_{dependencies.dscp_ttl},
      egress_{dependencies.egress},
      transaction_seed_{random_u64()} {}

Forwarder::Next Forwarder::forward(Time now, SocketId id, const Socket& socket,
                                   const Packet& packet) {
  if (socket.is<RelayedAddress>()) return from_peer(now, id, socket, packet);
  if (const auto* listener = socket.as<UdpListener>()) {
    if (is_dtls(packet)) return Next::decrypt;
    if (!listener->admits_plain) return drop(DropReason::not_for_us);
    return from_client(now, id, packet);
  }
  if (socket.is<AnchorPort>()) {
    // A socket that talks to itself would do so for ever.
    if (packet.remote == socket.local) return drop(DropReason::unknown_source);
    return from_party(now, id, socket, packet);
  }
  if (socket.is<ClientConnection>()) return from_client(now, id, packet);
  if (socket.is<PartyConnection>()) return from_party(now, id, socket, packet);
  return Next::done;  // the others have no packets of their own
}

/// A listener tells what shares its port apart by the first byte (RFC 7983).
Forwarder::Next Forwarder::from_client(Time now, SocketId id, const Packet& packet) {
  if (packet.bytes.empty()) return drop(DropReason::not_for_us);
  switch (classify(packet.bytes[0])) {
    case PacketKind::channel_data: forward_channel_data(now, id, packet); return Next::done;
    case PacketKind::stun:
      if (!looks_like_send_indication(packet.bytes)) return Next::ask_slow_path;
      forward_send_indication(now, id, packet);
      return Next::done;
    case PacketKind::dtls:
    case PacketKind::rtp:
    case PacketKind::other: break;
  }
  return drop(DropReason::not_for_us);
}

/// RFC 8656 §12.6: the channel must be bound to this client; the peer was judged when it was.
void Forwarder::forward_channel_data(Time now, SocketId id, const Packet& packet) {
  const auto message = parse_channel_data(packet.bytes);
  if (!message) return static_cast<void>(drop(message.reason()));
  Flow* flow = flows_.find({id, packet.remote, message->channel});
  if (flow == nullptr) return static_cast<void>(drop(DropReason::no_channel));
  if (!is_admitted(now, *flow)) return;
  if (!may_reach(*flow, flow->destination.endpoint())) return;
  const Socket* out = find_out(*flow);
  if (out == nullptr || !may_spend(now, *out, message->payload.size())) return;
  account(now, *flow, message->payload.size());
  send(*out, *flow, message->payload, packet.fields);
}

/// RFC 8656 §11.2: the client must have an allocation of the peer's family, and a permission for
/// the peer's address there.
void Forwarder::forward_send_indication(Time now, SocketId id, const Packet& packet) {
  const auto message = parse_send_indication(packet.bytes);
  if (!message) return static_cast<void>(drop(message.reason()));

  Endpoint peer = message->peer;
  const auto channel = peer.address.is_v4() ? kSendIndicationIpv4 : kSendIndicationIpv6;
  Flow* allocation = flows_.find({id, packet.remote, channel});
  if (allocation == nullptr) return static_cast<void>(drop(DropReason::no_allocation));
  if (!is_admitted(now, *allocation)) return;

  if (translates_) peer.address = ports_.own_relay_address(peer.address).value_or(peer.address);
  const Flow* permission =
      flows_.find({allocation->out_socket, {peer.address, Port{}}, kNoChannel});
  if (permission == nullptr) return static_cast<void>(drop(DropReason::no_permission));
  if (!is_admitted(now, *permission) || !may_reach(*permission, peer)) return;

  const Socket* out = find_out(*allocation);
  if (out == nullptr || !may_spend(now, *out, message->data.size())) return;
  account(now, *allocation, message->data.size());
  send(*out, peer, *message, packet.fields);
}

/// RFC 8656 §11.3: the permission is checked before the channel. A channel's flow lives as long as
/// the permission of its peer; without one, any port of a permitted address gets Data indications.
Forwarder::Next Forwarder::from_peer(Time now, SocketId id, const Socket& socket,
                                     const Packet& packet) {
  Flow* flow = flows_.find({id, packet.remote, kNoChannel});
  if (flow == nullptr) flow = flows_.find({id, {packet.remote.address, Port{}}, kNoChannel});
  if (flow == nullptr) return drop(DropReason::no_permission);
  if (!may_reach(*flow, packet.remote)) return Next::done;
  deliver(now, socket, *flow, packet);
  return Next::done;
}

/// Anchors forward what latched parties send. STUN is read by the slow path, which forwards it too:
/// an ICE check may be the reason to latch anew.
Forwarder::Next Forwarder::from_party(Time now, SocketId id, const Socket& socket,
                                      const Packet& packet) {
  const bool stun = !packet.bytes.empty() && classify(packet.bytes[0]) == PacketKind::stun;
  Flow* flow = flows_.find({id, packet.remote, kNoChannel});
  if (flow == nullptr || (stun && flow->inspect_stun)) return Next::ask_slow_path;
  if (is_rtp(packet.bytes)) note_position(*flow, packet.bytes);
  deliver(now, socket, *flow, packet);
  return Next::done;
}

void Forwarder::deliver(Time now, const Socket& socket, Flow& flow, const Packet& packet) {
  if (!is_admitted(now, flow) || !may_spend(now, socket, packet.bytes.size())) return;
  account(now, flow, packet.bytes.size());
  switch (flow.transform) {
    case Transform::frame_channel_data:
      if (now < flow.channel_until) return frame_channel_data(flow, packet);
      return frame_data_indication(flow, packet);
    case Transform::frame_data_indication: return frame_data_indication(flow, packet);
    case Transform::pass:
      if (flow.crypto != kNoCrypto) [[unlikely]]
        return pass_encrypted(now, flow, packet);
      return send(flow, packet.bytes, packet.fields);
    case Transform::strip_channel_header:
    case Transform::unwrap_send_indication: break;  // keyed by a channel: never found by a peer
  }
}

/// Datagrams of a GRO burst and frames of a stream lie one behind the other: there is no room
/// between them, so what is going to grow moves to a buffer of its own.
void Forwarder::pass_encrypted(Time now, Flow& flow, const Packet& packet) {
  PacketCrypto* crypto = cryptos_.find(flow.crypto);
  if (crypto == nullptr) return static_cast<void>(drop(DropReason::no_key));
  PacketBuffer buffer{packet.bytes, packet.tailroom};
  const bool is_aligned =
      reinterpret_cast<std::uintptr_t>(packet.bytes.data()) % PacketCrypto::kAlignment == 0;
  if (packet.tailroom < PacketCrypto::kMaxGrowth || !is_aligned) {
    buffer = {buffers_.copy_segment(packet.bytes), PacketRing::kTailroom};
  }
  if (const auto applied = crypto->apply(now, buffer); !applied) {
    return static_cast<void>(drop(applied.reason()));
  }
  send(flow, buffer.bytes, packet.fields);
}

void Forwarder::frame_channel_data(Flow& flow, const Packet& packet) {
  std::byte* header = packet.bytes.data() - kChannelDataHeaderSize;
  write_channel_data_header(header, flow.channel, packet.bytes.size());
  send(flow, {header, kChannelDataHeaderSize + packet.bytes.size()}, packet.fields);
}

void Forwarder::frame_data_indication(Flow& flow, const Packet& packet) {
  const std::size_t size = packet.bytes.size();
  if (size > kMaxDataIndicationPayload) {
    return static_cast<void>(drop(DropReason::payload_too_long));
  }
  Endpoint peer = packet.remote;
  if (translates_) peer.address = ports_.advertised_address(peer.address);
  const std::size_t header_size = data_indication_header_size(peer.address.family());
  std::byte* header = packet.bytes.data() - header_size;
  write_data_indication_header({header, header_size}, next_transaction(), peer, size);
  const std::size_t padding = padding_of(size);
  std::memset(packet.bytes.data() + size, 0, padding);
  send(flow, {header, header_size + size + padding}, packet.fields);
}

bool Forwarder::is_admitted(Time now, const Flow& flow) {
  if (flow.admits(now)) return true;
  counters_.drops.count(DropReason::flow_expired);
  return false;
}

/// Relay to relay on this edge: the address is also that of our listeners and of whatever else runs
/// here, so only a port that is leased at this moment may be reached, or one that a rule opens.
bool Forwarder::may_reach(const Flow& flow, const Endpoint& peer) {
  if (!flow.judges_port) return true;
  if (judge_ != nullptr ? judge_->may_reach(peer) : ports_.is_leased(peer)) return true;
  counters_.drops.count(DropReason::peer_not_leased);
  return false;
}

bool Forwarder::may_spend(Time now, const Socket& relay, std::size_t payload_size) {
  if (!limits_bandwidth_) return true;
  const auto* relayed = relay.as<RelayedAddress>();
  if (relayed == nullptr || relayed->bandwidth == nullptr) return true;
  if (relayed->bandwidth->spend(now, payload_size)) return true;
  counters_.drops.count(DropReason::bandwidth);
  return false;
}

const Socket* Forwarder::find_out(const Flow& flow) {
  const Socket* out = sockets_.find(flow.out_socket);
  if (out == nullptr) counters_.drops.count(DropReason::no_destination);
  return out;
}

void Forwarder::send(Flow& flow, ConstBytes datagram, const IpHeaderFields& received) {
  if (const Socket* out = find_out(flow)) send(*out, flow, datagram, received);
}

void Forwarder::send(const Socket& out, Flow& flow, ConstBytes datagram,
                     const IpHeaderFields& received) {
  const auto fields = dscp_ttl_.relayed(received);
  if (!fields) return static_cast<void>(drop(DropReason::hop_limit));
  if (MessageTransport* transport = transport_of(out)) return transport->send(datagram);
  if (egress_ != nullptr) {
    // Anchors' sockets send unmarked, whatever TURN's do.
    const IpHeaderFields visible = out.is<AnchorPort>() ? IpHeaderFields{} : *fields;
    if (egress_->push(flow.route, out.local, flow.destination, datagram, visible)) return;
  }
  push(out.fd.get(), flow.destination, datagram, *fields);
}

/// RFC 8656 §14: DONT-FRAGMENT becomes the DF bit. Such a datagram leaves at once, not in the
/// batch.
void Forwarder::send(const Socket& out, const Endpoint& peer, const SendIndicationView& message,
                     const IpHeaderFields& received) {
  const auto fields = dscp_ttl_.relayed(received);
  if (!fields) return static_cast<void>(drop(DropReason::hop_limit));
  // Its peer has no flow of its own, so it leaves by the socket: not ahead of frames before it.
  if (egress_ != nullptr) egress_->flush();
  if (!message.dont_fragment) return push(out.fd.get(), peer, message.data, *fields);
  if (!send_unfragmented(out.fd, peer, message.data, *fields)) {
    counters_.drops.count(DropReason::send_failed);
  }
}

template <class Destination>
void Forwarder::push(int fd, const Destination& destination, ConstBytes datagram,
                     const IpHeaderFields& fields) {
  if (batch_.full()) batch_.flush();
  batch_.push(fd, destination, datagram);
  if (fields != dscp_ttl_.socket_default()) batch_.set_last_header_fields(fields);
}

void Forwarder::account(Time now, Flow& flow, std::size_t payload_size) {
  ++flow.packets;
  flow.bytes += payload_size;
  flow.last_activity = now;
  const auto direction = static_cast<std::size_t>(flow.direction);
  counters_.packets[direction].add();
  counters_.bytes[direction].add(payload_size);
}

/// RFC 8489 §5 wants transaction ids of indications unpredictable only for requests' sake: nobody
/// answers a Data indication. A seeded sequence is unique and costs no system call per packet.
StunTransactionBytes Forwarder::next_transaction() {
  const std::uint64_t count = ++transactions_;
  const std::uint64_t mixed = (transaction_seed_ ^ count) * 0x9e3779b97f4a7c15;
  StunTransactionBytes id;
  store_be64(id.data(), mixed);
  store_be32(id.data() + 8, static_cast<std::uint32_t>(count));
  return id;
}

}  // namespace avedge::relay
