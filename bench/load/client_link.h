// How a TURN client reaches its server: by datagrams, or by a stream of messages (RFC 8656 §3.1).
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "bench/load/load_socket.h"
#include "relay/stream/byte_stream.h"

namespace avedge::bench {

class ClientLink {
 public:
  virtual ~ClientLink() = default;

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
[[nodiscard]] Result<std::unique_ptr<ClientLink>> open_link(LinkKind kind, const Endpoint& local,
                                                            const Endpoint& server);

class DatagramLink : public ClientLink {
 public:
  DatagramLink(LoadSocket socket, const Endpoint& server)
      : socket_{std::move(socket)}, server_{server} {}

  [[nodiscard]] int descriptor() const override { return socket_.descriptor.get(); }
  [[nodiscard]] const Endpoint& local() const override { return socket_.local; }
  [[nodiscard]] bool is_reliable() const override { return false; }
  bool send(ConstBytes message) override;
  [[nodiscard]] std::optional<ConstBytes> receive() override;

 private:
  LoadSocket socket_;
  Endpoint server_;
  std::array<std::byte, 2048> inbox_;
};

/// One thread may send while another one receives.
class StreamLink : public ClientLink {
 public:
  StreamLink(relay::ByteStream stream, const Endpoint& local)
      : stream_{std::move(stream)}, local_{local} {}

  [[nodiscard]] int descriptor() const override { return stream_.fd(); }
  [[nodiscard]] const Endpoint& local() const override { return local_; }
  [[nodiscard]] bool is_reliable() const override { return true; }
  bool send(ConstBytes message) override;
  [[nodiscard]] std::optional<ConstBytes> receive() override;

 private:
  [[nodiscard]] std::optional<ConstBytes> take_message();
  [[nodiscard]] bool read_more();

  std::mutex mutex_;  // OpenSSL's sessions take one thread at a time
  relay::ByteStream stream_;
  Endpoint local_;
  std::vector<std::byte> outbox_;
  std::vector<std::byte> inbox_ = std::vector<std::byte>(16 * 1024);
  std::size_t begin_ = 0;  // of what has been read and not been taken
  std::size_t end_ = 0;
};

}  // namespace avedge::bench
