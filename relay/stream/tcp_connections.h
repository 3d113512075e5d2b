// The TCP and TLS connections of one worker: accepts, connects, reads, writes, splices and closes
// them. What a connection is for, and what follows from an event on it, is its owner's to decide:
// TURN's (turn_tcp_connections) or the anchors' (anchor_tcp_connections).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "relay/core/counters.h"
#include "relay/flows/socket_table.h"
#include "relay/forwarding/packet_buffers.h"
#include "relay/ports/relay_addresses.h"
#include "relay/stream/connection_events.h"
#include "relay/stream/tcp_connection.h"
#include "relay/threads/event_loop.h"

namespace avedge::relay {

/// Owns connections in the sense that it knows what they are for. Told of events between messages
/// and edits, never while one is being handled, so it may tell the protocol.
class TcpConnectionOwner : public ConnectionOwner {
 public:
  /// A connection came to one of its ports. It is held.
  virtual void on_accepted(TcpConnection& connection) = 0;
  /// What connect() began has succeeded. It is held.
  virtual void on_connected(TcpConnection& connection) = 0;
  /// The first frame of a connection that awaits one: without its length, still to be read, and
  /// empty if it is longer than kLongestFirstFrame.
  virtual void on_first_frame(TcpConnection& /*connection*/, ConstBytes /*frame*/) {}
  /// What ends a connection that is held: the end of all (0), or that its far end will say no more
  /// (EPOLLRDHUP).
  [[nodiscard]] virtual std::uint32_t held_interest() const = 0;
  /// It is over, or could not be connected, and is closed when this returns. `reason`: what is to
  /// be counted; nothing if the far end ended it.
  virtual void on_ended(TcpConnection& connection, std::optional<DropReason> reason) = 0;
};

/// Gives connections to other workers.
class ConnectionMover {
 public:
  virtual ~ConnectionMover() = default;
  /// It is closed if that worker has no room for it.
  virtual void move(std::unique_ptr<TcpConnection> connection, WorkerIndex worker) = 0;
};

/// The worker's thread only. Each connection has a socket id, in the worker's socket table.
class TcpConnections {
 public:
  /// References outlive this.
  struct Dependencies {
    EventLoop& loop;
    SocketTable& sockets;
    PacketBuffers& buffers;
    const RelayAddresses& addresses;
    ConnectionEvents& events;
    ConnectionMover& mover;
    WorkerCounters& counters;
  };
  explicit TcpConnections(const Dependencies& dependencies)
      : dependencies_{dependencies},
        outbox_{dependencies.counters.drops, dependencies.loop.now(), {}} {}

  // --- how connections begin --------------------------------------------------------------------

  /// Takes over a client's connection, under an id that was reserved for it: its messages are
  /// handled from now on, and what has already arrived at once. False: the kernel cannot watch it;
  /// it is there all the same, until it is closed.
  [[nodiscard]] bool adopt_client(SocketId id, std::unique_ptr<TcpConnection> client,
                                  TcpConnectionOwner& owner);
  /// Handles what an adopted client brought along and what its TLS has read ahead.
  void begin_reading(SocketId id);

  /// A leased port that listens, under an id that was reserved for it. Its connections are held,
  /// and `owner`'s. False if the kernel cannot watch it: it is there until it is closed.
  bool listen(SocketId id, LeasedSocket port, TcpConnectionOwner& owner, bool accepting);
  /// From now on connections to that port are accepted, or wait in the kernel.
  void set_accepting(SocketId port, bool accepting);
  /// Begins to connect from that port to `target`, which the world calls `remote`. Fails with
  /// no_destination without such a port, connection_exists, connection_failed or table_full. Never
  /// gives up while the kernel does not.
  [[nodiscard]] Verdict<SocketId> connect(SocketId port, const Endpoint& target,
                                          const Endpoint& remote, TcpConnectionOwner& owner);

  // --- what becomes of them; unknown ids and those in another stage are ignored -----------------

  /// Reports on_first_frame() once the held connection's first frame has arrived.
  void await_first_frame(SocketId id);
  /// A connection that is held or awaits its first frame carries packets of a party from now on.
  void speak_rfc4571(SocketId id);
  /// Makes one byte stream of both: of a client, once the message that is being handled is over,
  /// and of a held connection. Counted as those directions, if any.
  void splice(SocketId id, SocketId other, std::optional<Direction> direction = std::nullopt,
              std::optional<Direction> back = std::nullopt);
  /// The client's connection, the message being handled and what follows it go to that worker.
  void hand_over(SocketId id, WorkerIndex worker) { leaving_ = {id, worker}; }

  // --- how they end -----------------------------------------------------------------------------

  /// Tells the owner, and closes it. Not while a message or an edit is being handled.
  void end(SocketId id, std::optional<DropReason> reason);
  /// The same, soon. Any time.
  void doom(SocketId id);
  /// Closes it and tells no owner; of a spliced pair the other one is doomed.
  void close(SocketId id);

  // --- the worker's loop ------------------------------------------------------------------------

  /// Something happened on a connection, or on a port that listens.
  void serve(SocketId id);
  /// Sends what waits to be sent, goes on with what stopped for others to have their turn, and ends
  /// what is doomed.
  void flush();
  /// Whether flush() has something to do.
  [[nodiscard]] bool has_more_to_do() const {
    return !again_.empty() || !doomed_.empty() || !outbox_.dirty.empty();
  }

  /// Null if there is none. Valid until it is closed.
  [[nodiscard]] TcpConnection* find(SocketId id) const;

 private:
  struct Leaving {
    SocketId socket = kNoSocket;
    WorkerIndex worker{};
  };

  void accept(SocketId port);
  void finish_connecting(TcpConnection& connection);
  void read_first_frame(TcpConnection& connection);
  void read(SocketId id);
  void decode(SocketId id, Bytes received);
  void move_to(const Leaving& leaving, ConstBytes unread);
  void write(TcpConnection& connection);
  void run_splice(SocketId id);
  [[nodiscard]] SpliceDirection::State run_direction(TcpConnection& from, TcpConnection& to);

  /// A port or a connection. The owner stays when it closes, and means nothing then.
  struct Entry {
    std::unique_ptr<TcpConnection> connection;  // null for a port
    TcpConnectionOwner* owner = nullptr;
  };

  Entry& entry_of(SocketId id);
  TcpConnection& add(SocketId id, std::unique_ptr<TcpConnection> connection,
                     TcpConnectionOwner& owner);
  /// Null if there is no room for it.
  [[nodiscard]] TcpConnection* watch(std::unique_ptr<TcpConnection> connection,
                                     TcpConnectionOwner& owner, std::uint32_t interest);
  void set_interest(TcpConnection& connection, std::uint32_t interest);

  Dependencies dependencies_;
  std::vector<Entry> entries_;  // by socket id
  StreamOutbox outbox_;
  std::vector<SocketId> again_;  // there may be more to read or move at once
  std::vector<SocketId> doomed_;
  Leaving leaving_;
};

}  // namespace avedge::relay
