// A connection with a party of an anchored call whose frames are datagrams to us: each behind its
// length (RFC 4571).
#pragma once

#include "relay/stream/message_stream.h"

namespace avedge::relay {

class Rfc4571Connection final : public MessageStream {
 public:
  /// `port`: the listening socket that the connection came by.
  Rfc4571Connection(ByteStream stream, const Path& path, SocketId port)
      : MessageStream{std::move(stream), path, Admission{}, FrameQueueLimits{}}, port_{port} {}

  void send(ConstBytes datagram) override;

  [[nodiscard]] SocketId port() const { return port_; }

 private:
  SocketId port_;
};

}  // namespace avedge::relay
