#include "relay/stream/stream_codec.h"

#include "relay/core/turn_framing.h"
#include "relay/stream/media_framing.h"
#include "relay/stream/message_framer.h"

namespace avedge::relay {
namespace {

using Decoding = Verdict<std::optional<StreamCodec::Decoded>>;

class TurnCodec final : public StreamCodec {
 public:
  [[nodiscard]] Decoding decode(Bytes stream, AuthState auth_state) const override {
    const auto message = first_message(stream, auth_state == AuthState::authenticated
                                                   ? kLongestClientMessage
                                                   : kLongestUnauthenticatedMessage);
    if (!message) return message.reason();
    if (!*message) return std::optional<Decoded>{};
    return std::optional{Decoded{stream.first((*message)->size), (*message)->occupied}};
  }
  [[nodiscard]] Verdict<Framing> framing_of(ConstBytes message) const override {
    return Framing{.padding = padding_of(message.size())};
  }
};

class Rfc4571Codec final : public StreamCodec {
 public:
  [[nodiscard]] Decoding decode(Bytes stream, AuthState /*auth_state*/) const override {
    const auto frame = first_frame(stream);
    if (!frame) return frame.reason();
    if (!*frame) return std::optional<Decoded>{};
    return std::optional{Decoded{**frame, kFrameLengthSize + (*frame)->size()}};
  }
  [[nodiscard]] Verdict<Framing> framing_of(ConstBytes message) const override {
    if (message.size() > kLongestFrame) return DropReason::payload_too_long;
    return Framing{frame_length(message.size()), kFrameLengthSize};
  }
};

}  // namespace

const StreamCodec& turn_codec() {
  static const TurnCodec codec;
  return codec;
}

const StreamCodec& rfc4571_codec() {
  static const Rfc4571Codec codec;
  return codec;
}

}  // namespace avedge::relay
