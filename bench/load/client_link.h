// How a TURN client reaches its server: by datagrams, or by a stream of messages (RFC 8656 §3.1).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "relay/core/bytes.h"
#include "relay/core/endpoint.h"
#include "relay/core/result.h"

namespace avedge::bench {

class ClientConnection {
 public:
  virtual ~ClientConnection() = default;

  /// For epoll: readable once there may be something for receive().
  [[nodiscard]] virtual int descriptor() const = 0;
  [[nodiscard]] virtual const Endpoint& local() const = 0;
  /// Whether what was sent arrives without being sent again.
  [[nodiscard]] virtual bool is_reliable() const = 0;

  /// One STUN message or ChannelData. Waits where the far side is slow; false if the link is
  /// broken.
  virtual bool send(ConstBytes message) = 0;
  /// The next message that has arrived, good until the next call; nothing if there is none yet.
  [[nodiscard]] virtual std::optional<ConstBytes> receive() = 0;
};

/// The transports of turn_load.
enum class LinkKind : std::uint8_t { udp, tcp, tls };
[[nodiscard]] std::optional<LinkKind> parse_link_kind(std::string_view text);

/// From `local` (port 0: the kernel chooses) to `server`, in the network namespace of the caller;
/// with TLS after a handshake that believes any certificate.
[[nodiscard]] Result<std::unique_ptr<ClientConnection>> open_link(LinkKind kind,
                                                                  const Endpoint& local,
                                                                  const Endpoint& server);

}  // namespace avedge::bench
