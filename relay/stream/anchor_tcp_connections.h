// What a worker does with TCP of anchored calls: the parties' connections, which it accepts and
// dials, and bytes that cross from one to another. Who may connect and what is joined is the
// handler's to decide.
#pragma once

#include <vector>

#include "relay/core/counters.h"
#include "relay/core/stream_connections.h"
#include "relay/forwarding/socket_table.h"
#include "relay/ports/relay_addresses.h"
#include "relay/stream/rfc4571_connections.h"

namespace avedge::relay {

class Worker;

/// The worker's thread only. Connections live in the worker's socket table. The handler is told of
/// them only while none of its own orders is being carried out.
class AnchorTcpConnections final : public StreamConnections {
 public:
  /// All outlive this.
  AnchorTcpConnections(Worker& worker, SocketTable& sockets, const RelayAddresses& addresses,
                       WorkerCounters& counters, const Time& now)
      : worker_{worker},
        sockets_{sockets},
        addresses_{addresses},
        counters_{counters},
        now_{now},
        framed_{worker, sockets, counters.drops, now} {}

  /// Something happened on a connection, or on a TCP anchor.
  void serve(SocketId id);
  /// Sends what waits to be sent, and goes on with what stopped for others to have their turn.
  void flush();
  /// Now, if flush() has something to do; kNever otherwise.
  [[nodiscard]] Time next_deadline() const {
    return again_.empty() && !framed_.has_more_to_do() ? kNever : Time{};
  }

  /// Makes one byte stream of two connections of the two parties. Ignores ids that are no longer,
  /// or not, a party's waiting connection.
  void join(SocketId near, SocketId far);

  // StreamConnections
  void set_accepting(SocketId port, bool accepting) override;
  [[nodiscard]] Verdict<SocketId> dial(SocketId port, const Endpoint& remote) override;
  void await_first_frame(SocketId connection) override;
  void speak_frames(SocketId connection) override;
  [[nodiscard]] FlowUsage sent_over(SocketId connection) const override;

 private:
  void accept_connections(SocketId port);
  void finish_connecting(SocketId id, AnchorTcpConnection& party);
  void look_at_first_frame(SocketId id, const AnchorTcpConnection& party);
  void splice(SocketId id);
  [[nodiscard]] SpliceDirection::State move(AnchorTcpConnection& from, AnchorTcpConnection& to);
  void end(SocketId id);

  void notify(StreamEvent::Kind kind, SocketId id, const AnchorTcpConnection& party,
              ConstBytes first_frame = {});
  [[nodiscard]] std::optional<SocketId> watch_connection(AnchorTcpConnection party,
                                                         std::uint32_t interest);
  [[nodiscard]] AnchorTcpConnection* find_connection(SocketId id) const;
  void set_interest(SocketId id, AnchorTcpConnection& party, std::uint32_t wanted);

  Worker& worker_;
  SocketTable& sockets_;
  const RelayAddresses& addresses_;
  WorkerCounters& counters_;
  const Time& now_;
  Rfc4571Connections framed_;
  std::vector<SocketId> again_;  // there may be more to move at once, when the others had a turn
};

}  // namespace avedge::relay
