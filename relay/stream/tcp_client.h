// One client's TCP or TLS connection: STUN messages and ChannelData follow one another
// (RFC 8656 §3.1).
#pragma once

#include "relay/core/turn_framing.h"
#include "relay/stream/message_stream.h"

namespace avedge::relay {

class TcpClient final : public MessageStream {
 public:
  TcpClient(ByteStream stream, const Path& path, Admission admission,
            const FrameQueueLimits& limits)
      : MessageStream{std::move(stream), path, std::move(admission), limits} {}

  void send(ConstBytes message) override { enqueue({}, message, padding_of(message.size())); }

  SocketId joined_to = kNoSocket;  // a peer's connection: messages are over (RFC 6062 §4.3)
};

}  // namespace avedge::relay
