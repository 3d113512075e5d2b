// Where protocol knowledge meets the data plane. A handler owns no socket and no clock: a datagram
// and a time go in, replies and flow edits come out. Everything here runs on one worker's thread.
#pragma once

#include <span>
#include <vector>

#include "relay/core/bytes.h"
#include "relay/core/drop_reason.h"
#include "relay/core/flow.h"

namespace avedge {

/// How a message came in. A TCP, TLS or DTLS connection has a socket id of its own, which no other
/// connection gets before everything about it has been forgotten (SlowPathHandler::on_closed()).
struct Path {
  SocketId socket = kNoSocket;
  Endpoint local;   // the address our socket is bound to
  Endpoint remote;  // the sender; behind a proxy with the PROXY protocol its client
  Transport transport = Transport::udp;
  /// Which of the configured listeners it came by, counted from 0 in their order.
  std::uint16_t listener = 0;
};

/// What a handler wants done, in order: first the replies, then the edits. Reused from datagram to
/// datagram, so that it stops allocating once it is warm.
class Outcome {
 public:
  struct Reply {
    SocketId socket;
    Endpoint to;
    std::size_t offset;
    std::size_t size;
  };

  /// Sends a copy of `datagram` from `socket`.
  void reply(SocketId socket, const Endpoint& to, ConstBytes datagram) {
    replies_.push_back({socket, to, bytes_.size(), datagram.size()});
    bytes_.insert(bytes_.end(), datagram.begin(), datagram.end());
  }
  void upsert(const FlowSpec& spec) { edits_.push_back(UpsertFlow{spec}); }
  void erase(const FlowKey& key) { edits_.push_back(EraseFlow{key}); }
  /// Closes a socket or a connection of this worker. Its flows must have been erased.
  void close(SocketId socket) { edits_.push_back(CloseSocket{socket}); }
  /// Of a client's connection (ignored for a UDP socket, which all clients share).
  void set_auth_state(SocketId connection, AuthState auth_state) {
    edits_.push_back(SetAuthState{connection, auth_state});
  }
  /// RFC 6062 §4.3: from now on both are one byte stream. What the client sent behind its
  /// ConnectionBind request belongs to it.
  /// With anchored calls: the caller's connection and the callee's.
  void join(SocketId client, SocketId peer) { edits_.push_back(JoinConnections{client, peer}); }
  /// Moves the connection that `path` came by to another worker, which is shown the current message
  /// again. Nothing may have been granted on it.
  void hand_over(SocketId connection, WorkerIndex worker) {
    edits_.push_back(HandOver{connection, worker});
  }

  /// Limits what one allocation relays, over all its relayed UDP addresses together.
  void limit_bandwidth(const std::array<SocketId, 2>& relays, const BandwidthGrant& grant) {
    edits_.push_back(LimitBandwidth{relays, grant});
  }

  /// Sets what flows with that FlowSpec::crypto apply; null: nothing, and they pass nothing.
  void set_crypto(CryptoId id, std::shared_ptr<PacketCrypto> crypto) {
    edits_.push_back(SetCrypto{id, std::move(crypto)});
  }

  [[nodiscard]] std::span<const Reply> replies() const { return replies_; }
  /// Valid until the next reply() or clear().
  [[nodiscard]] ConstBytes bytes_of(const Reply& reply) const {
    return ConstBytes{bytes_}.subspan(reply.offset, reply.size);
  }
  [[nodiscard]] std::span<const FlowEdit> edits() const { return edits_; }
  void clear() {
    replies_.clear();
    edits_.clear();
    bytes_.clear();
  }

 private:
  std::vector<Reply> replies_;
  std::vector<std::byte> bytes_;
  std::vector<FlowEdit> edits_;
};

/// What became of a TCP connection between a relayed address and a peer (RFC 6062).
struct PeerConnectionEvent {
  enum class Kind : std::uint8_t {
    connected,  // what PeerConnections::connect() began
    failed,     // … is over; the id is free again
    accepted,   // a peer came to the relayed address
    closed  // either side ended it, or the data connection it was joined to; the id is free again
  };
  Kind kind{};
  SocketId connection = kNoSocket;
  SocketId relay = kNoSocket;  // the listening socket of the relayed address
  Endpoint peer;
};

/// An ICMP error about something that was relayed (RFC 8656 §11.5).
struct IcmpError {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t data = 0;  // the MTU of "packet too big" and "fragmentation needed", otherwise 0
};

class SlowPathHandler {
 public:
  virtual ~SlowPathHandler() = default;

  /// One datagram without a flow. Appends to `outcome`. The caller counts a DropReason; replies may
  /// accompany it (a 401 is both an answer and a refusal).
  [[nodiscard]] virtual Verdict<void> handle(Time now, const Path& path, ConstBytes datagram,
                                             Outcome& outcome) = 0;
  /// The client's connection that `path` names has ended or is about to. Its flows must be erased;
  /// its socket closes by itself.
  virtual void on_closed(Time /*now*/, const Path& /*path*/, Outcome& /*outcome*/) {}
  virtual void on_peer_connection(Time /*now*/, const PeerConnectionEvent& /*event*/,
                                  Outcome& /*outcome*/) {}
  /// The network reports that what `relay` sent to `peer` did not arrive.
  virtual void on_icmp(Time /*now*/, SocketId /*relay*/, const Endpoint& /*peer*/,
                       const IcmpError& /*error*/, Outcome& /*outcome*/) {}
  /// Whether a relayed packet may go to, or come from, this peer: asked for each packet of a flow
  /// with FlowSpec::judges_port. No lock, no allocation.
  [[nodiscard]] virtual bool may_reach(const Endpoint& /*peer*/) const { return false; }
  /// Ends what is over at `now`. Called no earlier than next_deadline(), and soon after it.
  virtual void expire(Time now, Outcome& outcome) = 0;
  /// When expire() has something to do next; kNever if nothing waits.
  [[nodiscard]] virtual Time next_deadline() const = 0;
};

/// Counters of a worker's flows, for a handler that writes the closing line of an allocation.
class FlowReader {
 public:
  virtual ~FlowReader() = default;
  /// Zeroes if there is no such flow.
  [[nodiscard]] virtual FlowUsage usage(const FlowKey& key) const = 0;
};

}  // namespace avedge
