#include "relay/worker/handler_runner.h"

#include <algorithm>

namespace avedge::relay {

void HandlerRunner::on_datagram(SocketId id, const Socket& socket, const Endpoint& remote,
                                ConstBytes datagram) {
  Path path{id, socket.local, remote, Transport::udp, 0};
  if (const auto* listener = socket.as<UdpListener>()) {
    path.listener = listener->index;
    ask(*handlers_->listener, path, datagram);
  } else {
    ask(*handlers_->media, path, datagram);
  }
}

void HandlerRunner::on_message(SocketId connection, Bytes message) {
  const Socket& socket = *dependencies_.sockets.find(connection);
  const Path& path = transport_of(socket)->path();
  const Time now = dependencies_.loop.now();
  const Packet packet{path.remote, message};
  if (dependencies_.forwarder.forward(now, connection, socket, packet) !=
      Forwarder::Next::ask_slow_path) {
    return;
  }
  if (socket.is<PartyConnection>()) {
    ask(*handlers_->media, path, message);
  } else {
    ask(*handlers_->listener, path, message);
  }
}

void HandlerRunner::ask(SlowPathHandler& handler, const Path& path, ConstBytes datagram) {
  outcome_.clear();
  const auto verdict = handler.handle(dependencies_.loop.now(), path, datagram, outcome_);
  if (!verdict) dependencies_.drops.count(verdict.reason());
  dependencies_.edits.carry_out(outcome_);
}

void HandlerRunner::on_icmp(SocketId relay, const Endpoint& peer, const IcmpError& error) {
  run([&](Time now, Outcome& outcome) {
    handlers_->listener->on_icmp(now, relay, peer, error, outcome);
  });
}

void HandlerRunner::on_closed(const Path& path) {
  run([&](Time now, Outcome& outcome) { handlers_->listener->on_closed(now, path, outcome); });
}

void HandlerRunner::on_peer_connection(const PeerConnectionEvent& event) {
  run([&](Time now, Outcome& outcome) {
    handlers_->listener->on_peer_connection(now, event, outcome);
  });
}

void HandlerRunner::on_stream(const StreamEvent& event) {
  run([&](Time now, Outcome& outcome) {
    const auto verdict = handlers_->media->on_stream(now, event, outcome);
    if (!verdict) dependencies_.drops.count(verdict.reason());
  });
}

void HandlerRunner::set_path(const MediaPath& path) {
  run([&](Time now, Outcome& outcome) { handlers_->media->set_path(now, path, outcome); });
}

void HandlerRunner::remove_path(MediaPathId path) {
  run([&](Time now, Outcome& outcome) { handlers_->media->remove_path(now, path, outcome); });
}

void HandlerRunner::expire() {
  const Time now = dependencies_.loop.now();
  const auto expire_if_due = [&](auto& handler) {
    if (now < handler.next_deadline()) return;
    run([&](Time at, Outcome& outcome) { handler.expire(at, outcome); });
  };
  expire_if_due(*handlers_->listener);
  expire_if_due(*handlers_->media);
}

Time HandlerRunner::next_deadline() const {
  return std::min(handlers_->listener->next_deadline(), handlers_->media->next_deadline());
}

}  // namespace avedge::relay
