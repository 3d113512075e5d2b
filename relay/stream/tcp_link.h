// One client's TCP or TLS connection: STUN messages and ChannelData follow one another
// (RFC 8656 §3.1).
#pragma once

#include "relay/core/turn_framing.h"
#include "relay/stream/stream_link.h"

namespace avedge::relay {

class TcpLink final : public StreamLink {
 public:
  TcpLink(ByteStream stream, const Path& path, Admission admission, const FrameQueueLimits& limits)
      : StreamLink{std::move(stream), path, std::move(admission), limits} {}

  void send(ConstBytes message) override { enqueue({}, message, padding_of(message.size())); }

  SocketId joined_to = kNoSocket;  // a peer's connection: messages are over (RFC 6062 §4.3)
};

}  // namespace avedge::relay
