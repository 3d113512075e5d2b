#include "relay/worker/packet_loop.h"

#include <algorithm>

#include "relay/fan_in/icmp_quote.h"
#include "relay/fan_in/icmp_socket.h"
#include "relay/sockets/error_queue.h"

namespace avedge::relay {
namespace {

/// Datagrams taken from a relay or anchor socket in one go: every prepared but unused receive
/// header costs time.
constexpr std::size_t kRelayReceiveBatch = 8;
/// ICMP errors read in one go: whoever forges them must not keep the worker from its media.
constexpr int kIcmpBatch = 8;
/// Bytes of an ICMP error that are read: both its IPv4 headers with all options, and the ports.
constexpr std::size_t kIcmpQuote = 192;
/// ICMP errors a second that clients are told about; the others are read and forgotten. They come
/// by the dozen when a peer is gone, and each costs a message.
constexpr GcraRate kIcmpRate{1000, std::chrono::milliseconds{100}};

/// Of a datagram to a listener; to other sockets such a beginning is payload, and rare.
ChannelField likely_channel(ConstBytes datagram) {
  const bool is_framed = datagram.size() >= kChannelDataHeaderSize &&
                         classify(datagram[0]) == PacketKind::channel_data;
  return is_framed ? load_be16(datagram.data()) : kNoChannel;
}

}  // namespace

PacketLoop::PacketLoop(const Dependencies& dependencies)
    : dependencies_{dependencies},
      received_{dependencies.buffers.received()},
      icmp_reports_{kIcmpRate} {}

void PacketLoop::serve(SocketId id, Socket& socket) {
  if (socket.is<IcmpReceiver>()) {
    return report_quoted(socket.fd.get(), socket.local.address.family());
  }
  receive_from(id, socket);
}

// --- datagrams -----------------------------------------------------------------------------------

/// One wake-up takes one batch from a socket: epoll is level-triggered, so nobody is starved and
/// nothing is forgotten. Usually one datagram waits, and looking for a second one costs a quarter
/// of the first: only who is ready twice in a row is asked for more, and a burst's rest follows at
/// once, so that it leaves as one run.
void PacketLoop::receive_from(SocketId id, Socket& socket) {
  const bool is_ready_again = socket.served_in + 1 == dependencies_.loop.wake_ups();
  socket.served_in = dependencies_.loop.wake_ups();
  if (AdaptiveReceiveBuffer* shared = shared_buffer_of(socket)) {
    if (receive(id, socket, ReceiveBatch::kCapacity) < ReceiveBatch::kCapacity) {
      shared->note_empty();
    }
  } else if (!is_ready_again) {
    receive(id, socket, 1);
  } else if (receive(id, socket, kRelayReceiveBatch) == kRelayReceiveBatch) {
    if (const Socket* still_there = dependencies_.sockets.find(id))
      receive(id, *still_there, ReceiveBatch::kCapacity);
  }
}

std::size_t PacketLoop::receive(SocketId id, const Socket& socket, std::size_t wanted) {
  if (dependencies_.buffers.received().free() < wanted) dependencies_.buffers.flush();
  const std::size_t count = received_.receive(socket.fd.get(), wanted);
  if (socket.is<FanInReceiver>()) {
    serve_fanned_in(count);
  } else {
    if (count > 1 && dependencies_.flows.outgrows_caches()) {
      std::fill_n(addressees_.begin(), count, id);
      prefetch_flows(count);
    }
    for (std::size_t i = 0; i < count; ++i) serve_received(id, socket, i);
  }
  return count;
}

/// A port may have been given back, or to another worker, while datagrams for it waited.
void PacketLoop::serve_fanned_in(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    addressees_[i] = dependencies_.fan_in->find(received_.ancillary(i).destination);
  }
  if (dependencies_.flows.outgrows_caches()) prefetch_flows(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Socket* socket = dependencies_.sockets.find(addressees_[i]);
    if (socket == nullptr) {
      dependencies_.counters.drops.count(DropReason::peer_not_leased);
    } else {
      dependencies_.counters.fanned_in.add(serve_received(addressees_[i], *socket, i));
    }
  }
}

/// Returns how many datagrams it was.
std::size_t PacketLoop::serve_received(SocketId id, const Socket& socket, std::size_t index) {
  const Ancillary& said = received_.ancillary(index);
  const Packet packet{received_.source(index), received_.bytes(index),
                      reads_fields(socket) ? said.fields : IpHeaderFields{}, PacketRing::kTailroom};
  if (said.segment != 0) return serve_gro_burst(id, packet, said.segment);
  serve_packet(id, socket, packet);
  return 1;
}

void PacketLoop::prefetch_flows(std::size_t count) {
  std::array<FlowKey, ReceiveBatch::kCapacity> keys;
  for (std::size_t i = 0; i < count; ++i) {
    keys[i] = {addressees_[i], received_.source(i), likely_channel(received_.bytes(i))};
  }
  dependencies_.flows.prefetch(std::span{keys}.first(count));
}

/// Only what comes from peers is framed, and needs room for that; the rest is served where it lies.
std::size_t PacketLoop::serve_gro_burst(SocketId id, const Packet& burst, std::size_t segment) {
  std::size_t datagrams = 0;
  for (Bytes rest = burst.bytes; !rest.empty(); ++datagrams) {
    const Socket* socket = dependencies_.sockets.find(id);
    if (socket == nullptr) break;  // closed by what came before
    const Bytes datagram = rest.first(std::min(segment, rest.size()));
    rest = rest.subspan(datagram.size());
    const Bytes served =
        socket->is<RelayedAddress>() ? dependencies_.buffers.copy_segment(datagram) : datagram;
    serve_packet(id, *socket,
                 {burst.remote, served, burst.fields,
                  socket->is<RelayedAddress>() ? PacketRing::kTailroom : 0});
  }
  return datagrams;
}

/// Anchors pass calls that no rule of TURN is about.
bool PacketLoop::reads_fields(const Socket& socket) const {
  return dependencies_.dscp_ttl.reads_fields() && !socket.is<AnchorPort>();
}

void PacketLoop::serve_packet(SocketId id, const Socket& socket, const Packet& packet) {
  switch (dependencies_.forwarder.forward(dependencies_.loop.now(), id, socket, packet)) {
    case Forwarder::Next::done: return;
    case Forwarder::Next::ask_slow_path:
      return dependencies_.handlers.on_datagram(id, socket, packet.remote, packet.bytes);
    case Forwarder::Next::decrypt:
      return dependencies_.dtls.serve(id, socket, packet.remote, packet.bytes);
  }
}

// --- ICMP errors ---------------------------------------------------------------------------------

/// Whether the peer is one that the client talks to is the protocol's to judge: the kernel believes
/// everybody who quotes a datagram that this socket might have sent.
void PacketLoop::report_undelivered(SocketId id) {
  for (int i = 0; i < kIcmpBatch; ++i) {
    const Socket* socket = dependencies_.sockets.find(id);
    if (socket == nullptr || !socket->is<RelayedAddress>()) return;
    const auto undelivered = take_icmp_error(socket->fd.get());
    if (!undelivered) return;
    report(id, undelivered->peer, undelivered->error);
  }
}

/// As report_undelivered(), for ports whose errors the kernel cannot keep.
void PacketLoop::report_quoted(int icmp_socket, AddressFamily family) {
  for (int i = 0; i < kIcmpBatch; ++i) {
    std::array<std::byte, kIcmpQuote> buffer;
    const ConstBytes message = receive_icmp(icmp_socket, buffer);
    if (message.empty()) return;
    const auto quoted = family == AddressFamily::ipv4 ? read_icmp(message) : read_icmpv6(message);
    if (!quoted) continue;
    const SocketId id = dependencies_.fan_in->find(quoted->local);
    const Socket* socket = dependencies_.sockets.find(id);
    if (socket != nullptr && socket->is<RelayedAddress>()) {
      report(id, quoted->peer, quoted->error);
    }
  }
}

/// RFC 8656 §11.5.
void PacketLoop::report(SocketId relay, const Endpoint& peer, const IcmpError& error) {
  if (!icmp_reports_.spend(dependencies_.loop.now(), 1))
    return dependencies_.counters.drops.count(DropReason::icmp_flood);
  dependencies_.handlers.on_icmp(relay, peer, error);
}

}  // namespace avedge::relay
