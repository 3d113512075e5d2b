#include "edge/trace/collector_sink.h"

#include "relay/sockets/socket_address.h"

namespace avedge::edge {
namespace {

Error unreachable(const Endpoint& collector) {
  return Error::from_errno("cannot send to collector " + collector.to_string());
}

}  // namespace

Result<std::unique_ptr<CollectorSink>> CollectorSink::open(const Endpoint& collector,
                                                           trace::HepAgent agent) {
  const relay::SocketAddress address{collector};
  relay::FileDescriptor socket{::socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!socket.is_open() || ::connect(socket.get(), &address.any, address.size()) != 0) {
    return unreachable(collector);
  }
  return std::unique_ptr<CollectorSink>{
      new CollectorSink{std::move(socket), collector, std::move(agent)}};
}

Result<void> CollectorSink::write(const trace::Message& message) {
  const std::string packet = trace::hep_packet(message, agent_);
  if (::send(socket_.get(), packet.data(), packet.size(), 0) < 0) return unreachable(collector_);
  return {};
}

}  // namespace avedge::edge
