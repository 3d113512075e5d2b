// Anchored calls over TCP: connections with the parties. Which are accepted, dialled and joined,
// and which carry packets, is the handler's to decide (MediaPathHandler).
#pragma once

#include <optional>

#include "relay/core/stream_connections.h"
#include "relay/ports/relay_addresses.h"
#include "relay/stream/tcp_connections.h"

namespace avedge::relay {

/// The worker's thread only.
class AnchorTcpConnections final : public StreamConnections, private TcpConnectionOwner {
 public:
  /// All outlive this.
  AnchorTcpConnections(TcpConnections& tcp, const SocketTable& sockets,
                       const RelayAddresses& addresses, ConnectionEvents& events, Drops& drops)
      : tcp_{tcp}, sockets_{sockets}, addresses_{addresses}, events_{events}, drops_{drops} {}

  /// Takes over a leased port, under an id that was reserved for it. Connections wait in the kernel
  /// until set_accepting(). False if the kernel cannot watch it.
  bool adopt(SocketId id, LeasedSocket port) {
    return tcp_.listen(id, std::move(port), *this, false);
  }

  // StreamConnections
  void set_accepting(SocketId port, bool accepting) override {
    tcp_.set_accepting(port, accepting);
  }
  [[nodiscard]] Verdict<SocketId> dial(SocketId port, const Endpoint& remote) override;
  void await_first_frame(SocketId connection) override { tcp_.await_first_frame(connection); }
  void speak_frames(SocketId connection) override { tcp_.speak_rfc4571(connection); }
  [[nodiscard]] FlowUsage sent_over(SocketId connection) const override;

 private:
  // TcpConnectionOwner
  void join(SocketId caller, SocketId callee) override;
  void close(SocketId id) override { tcp_.close(id); }
  void on_accepted(TcpConnection& connection) override;
  void on_connected(TcpConnection& connection) override;
  void on_first_frame(TcpConnection& connection, ConstBytes frame) override;
  void on_ended(TcpConnection& connection, std::optional<DropReason> reason) override;
  /// A party that will say nothing more before it has said anything has hung up.
  [[nodiscard]] std::uint32_t held_interest() const override;

  void notify(StreamEvent::Kind kind, const TcpConnection& connection, ConstBytes first_frame = {});

  TcpConnections& tcp_;
  const SocketTable& sockets_;
  const RelayAddresses& addresses_;
  ConnectionEvents& events_;
  Drops& drops_;
};

}  // namespace avedge::relay
