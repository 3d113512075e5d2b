// A Homer collector (HEPv3 over UDP) that gets a copy of every message.
#pragma once

#include <memory>

#include "edge/trace/sink.h"
#include "relay/sockets/file_descriptor.h"
#include "signaling-shim/trace/hep.h"

namespace avedge::edge {

class CollectorSink final : public Sink {
 public:
  /// Nothing is asked of the collector: whether it listens shows when messages are sent.
  [[nodiscard]] static Result<std::unique_ptr<CollectorSink>> open(const Endpoint& collector,
                                                                   trace::HepAgent agent);
  [[nodiscard]] SinkKind kind() const override { return SinkKind::collector; }
  /// Fails as well where an earlier datagram came back as undeliverable.
  [[nodiscard]] Result<void> write(const trace::Message& message) override;

 private:
  CollectorSink(relay::FileDescriptor socket, const Endpoint& collector, trace::HepAgent agent)
      : socket_{std::move(socket)}, collector_{collector}, agent_{std::move(agent)} {}

  relay::FileDescriptor socket_;
  Endpoint collector_;
  trace::HepAgent agent_;
};

}  // namespace avedge::edge
