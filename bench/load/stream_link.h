// A client on TCP or TLS.
#pragma once

#include <mutex>
#include <vector>

#include "bench/load/client_link.h"
#include "relay/stream/byte_stream.h"

namespace avedge::bench {

/// A connection of that kind, which is not udp; see open_link().
[[nodiscard]] Result<std::unique_ptr<ClientConnection>> open_stream(LinkKind kind,
                                                                    const Endpoint& local,
                                                                    const Endpoint& server);

/// One thread may send while another one receives.
class MessageStream : public ClientConnection {
 public:
  MessageStream(relay::ByteStream stream, const Endpoint& local)
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
