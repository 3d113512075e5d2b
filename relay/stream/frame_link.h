// A connection with a party of an anchored call whose frames are datagrams to us: each behind its
// length (RFC 4571).
#pragma once

#include "relay/stream/stream_link.h"

namespace avedge::relay {

class FrameLink final : public StreamLink {
 public:
  /// `port`: the listening socket that the connection came by.
  FrameLink(ByteStream stream, const Path& path, SocketId port)
      : StreamLink{std::move(stream), path, Admission{}, FrameQueueLimits{}}, port_{port} {}

  void send(ConstBytes datagram) override;

  [[nodiscard]] SocketId port() const { return port_; }

 private:
  SocketId port_;
};

}  // namespace avedge::relay
