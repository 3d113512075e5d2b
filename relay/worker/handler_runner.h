// Runs the protocol's handlers: shows them what no flow explains and what happens on connections,
// and has carried out what they decide.
#pragma once

#include "relay/forwarding/forwarder.h"
#include "relay/stream/connection_events.h"
#include "relay/threads/event_loop.h"
#include "relay/worker/edit_executor.h"
#include "relay/worker/handlers.h"

namespace avedge::relay {

/// The worker's thread only.
class HandlerRunner final : public ConnectionEvents {
 public:
  /// References outlive this.
  struct Dependencies {
    const EventLoop& loop;
    const SocketTable& sockets;
    Forwarder& forwarder;
    EditExecutor& edits;
    Drops& drops;
  };
  explicit HandlerRunner(const Dependencies& dependencies) : dependencies_{dependencies} {}

  /// Before anything else here; outlive this.
  void use(Handlers& handlers) { handlers_ = &handlers; }

  /// Lets `decide(now, outcome)` decide something outside of any packet, and carries it out.
  template <class Decide>
  void run(Decide decide) {
    outcome_.clear();
    decide(dependencies_.loop.now(), outcome_);
    dependencies_.edits.carry_out(outcome_);
  }

  /// A datagram on a UDP socket that no flow explains.
  void on_datagram(SocketId id, const Socket& socket, const Endpoint& remote, ConstBytes datagram);
  /// An ICMP error about something that the relayed address `relay` sent (RFC 8656 §11.5).
  void on_icmp(SocketId relay, const Endpoint& peer, const IcmpError& error);
  void set_path(const MediaPath& path);
  void remove_path(MediaPathId path);
  void expire();
  [[nodiscard]] Time next_deadline() const;

  // ConnectionEvents
  void on_message(SocketId connection, Bytes message) override;
  void on_closed(const Path& path) override;
  void on_peer_connection(const PeerConnectionEvent& event) override;
  void on_stream(const StreamEvent& event) override;

 private:
  void ask(SlowPathHandler& handler, const Path& path, ConstBytes datagram);

  Dependencies dependencies_;
  Handlers* handlers_ = nullptr;
  Outcome outcome_;
};

}  // namespace avedge::relay
