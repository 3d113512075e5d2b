// How messages follow one another in a byte stream: where each begins and ends, and what is put
// around one to send it. A stream's codec may change only between two messages.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "relay/core/bytes.h"
#include "relay/core/drop_reason.h"
#include "relay/core/flow.h"

namespace avedge::relay {

/// Without state: one object serves all streams, on every thread.
class StreamCodec {
 public:
  struct Decoded {
    Bytes message;             // within the stream
    std::size_t occupied = 0;  // bytes of the stream, with framing and padding
  };
  /// What surrounds a message in the stream.
  struct Framing {
    std::array<std::byte, 2> header{};
    std::size_t header_size = 0;
    std::size_t padding = 0;  // zeros behind the message
  };

  virtual ~StreamCodec() = default;

  /// The first message in `stream`; nothing if more bytes are needed to tell or to complete it. An
  /// empty message means nothing, and is to be skipped. Fails with stream_malformed, or with
  /// payload_too_long above what `auth_state` allows.
  [[nodiscard]] virtual Verdict<std::optional<Decoded>> decode(Bytes stream,
                                                               AuthState auth_state) const = 0;
  /// Fails with payload_too_long.
  [[nodiscard]] virtual Verdict<Framing> framing_of(ConstBytes message) const = 0;
};

/// STUN messages and ChannelData (RFC 8656 §3.1), from clients of TURN.
[[nodiscard]] const StreamCodec& turn_codec();
/// Packets behind their length (RFC 4571), from parties of anchored calls.
[[nodiscard]] const StreamCodec& rfc4571_codec();

}  // namespace avedge::relay
