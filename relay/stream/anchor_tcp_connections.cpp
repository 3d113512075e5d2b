#include "relay/stream/anchor_tcp_connections.h"

#include <sys/epoll.h>

namespace avedge::relay {

Verdict<SocketId> AnchorTcpConnections::dial(SocketId port, const Endpoint& remote) {
  const Socket* anchor = sockets_.find(port);
  if (anchor == nullptr) return DropReason::no_destination;
  const auto target = addresses_.reachable_over_tcp(remote);
  if (!target || *target == anchor->local) return DropReason::peer_not_leased;
  return tcp_.connect(port, *target, remote, *this);
}

FlowUsage AnchorTcpConnections::sent_over(SocketId id) const {
  const TcpConnection* connection = tcp_.find(id);
  if (connection == nullptr || !connection->splice) return {};
  return {0, connection->splice->to_partner.moved(), connection->splice->last_activity, {}};
}

void AnchorTcpConnections::join(SocketId caller, SocketId callee) {
  tcp_.splice(caller, callee, Direction::anchor_caller_to_callee,
              Direction::anchor_callee_to_caller);
}

void AnchorTcpConnections::on_accepted(TcpConnection& connection) {
  notify(StreamEvent::Kind::accepted, connection);
}

void AnchorTcpConnections::on_connected(TcpConnection& connection) {
  notify(StreamEvent::Kind::connected, connection);
}

void AnchorTcpConnections::on_first_frame(TcpConnection& connection, ConstBytes frame) {
  notify(StreamEvent::Kind::spoke, connection, frame);
}

/// The handler closes what it is joined to, or was dialled for it.
void AnchorTcpConnections::on_ended(TcpConnection& connection, std::optional<DropReason> reason) {
  if (reason) drops_.count(*reason);
  notify(StreamEvent::Kind::ended, connection);
}

std::uint32_t AnchorTcpConnections::held_interest() const {
  return EPOLLRDHUP;
}

void AnchorTcpConnections::notify(StreamEvent::Kind kind, const TcpConnection& connection,
                                  ConstBytes first_frame) {
  events_.on_stream(
      {kind, connection.id(), connection.port(), connection.path().remote, first_frame});
}

}  // namespace avedge::relay
