#include "bench/load/stream_link.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cstring>

#include "relay/sockets/socket_address.h"
#include "relay/stream/message_framer.h"

namespace avedge::bench {
namespace {

/// RFC 8656 §12.5: over streams ChannelData is padded to a multiple of four bytes.
constexpr std::size_t kStreamAlignment = 4;
/// So long a sender waits for a server that does not read.
constexpr int kPatienceMilliseconds = 2000;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

SSL_CTX* client_context() {
  static const std::unique_ptr<SSL_CTX, FreeContext> context{SSL_CTX_new(TLS_client_method())};
  return context.get();
}

Result<relay::FileDescriptor> connect_tcp(const Endpoint& local, const Endpoint& server) {
  const relay::SocketAddress from{local};
  const relay::SocketAddress to{server};
  relay::FileDescriptor fd{socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!fd.is_open()) return Error::from_errno("cannot open a socket");
  if (bind(fd.get(), &from.any, from.size()) != 0) {
    return Error::from_errno("cannot bind " + local.to_string());
  }
  if (connect(fd.get(), &to.any, to.size()) != 0) {
    return Error::from_errno("cannot connect to " + server.to_string());
  }
  const int on = 1;  // a probe must not wait for the acknowledgement of another one
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

Result<relay::SslPtr> shake_hands(int descriptor) {
  relay::SslPtr tls{SSL_new(client_context())};
  if (tls == nullptr || SSL_set_fd(tls.get(), descriptor) != 1 || SSL_connect(tls.get()) != 1) {
    return Error{"the TLS handshake failed"};
  }
  return tls;
}

}  // namespace

Result<std::unique_ptr<ClientConnection>> open_stream(LinkKind kind, const Endpoint& local,
                                                      const Endpoint& server) {
  auto connected = connect_tcp(local, server);
  if (!connected) return connected.reason();
  relay::FileDescriptor fd = std::move(connected).value();
  relay::SslPtr tls;
  if (kind == LinkKind::tls) {
    auto session = shake_hands(fd.get());
    if (!session) return session.reason();
    tls = std::move(session).value();
  }
  relay::SocketAddress bound;
  socklen_t size = sizeof bound;
  if (getsockname(fd.get(), &bound.any, &size) != 0) return Error::from_errno("getsockname");
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  return std::unique_ptr<ClientConnection>{std::make_unique<MessageStream>(
      relay::ByteStream{std::move(fd), std::move(tls)}, bound.endpoint())};
}

bool MessageStream::send(ConstBytes message) {
  outbox_.assign(message.begin(), message.end());
  outbox_.resize((message.size() + kStreamAlignment - 1) / kStreamAlignment * kStreamAlignment);
  for (ConstBytes left = outbox_; !left.empty();) {
    relay::StreamIo written;
    {
      const std::lock_guard lock{mutex_};
      written = stream_.write(left);
    }
    if (written.result == relay::StreamIo::Result::ended) return false;
    left = left.subspan(written.bytes);
    if (written.result == relay::StreamIo::Result::moved) continue;
    pollfd writable{descriptor(), POLLOUT, 0};
    if (poll(&writable, 1, kPatienceMilliseconds) <= 0) return false;
  }
  return true;
}

std::optional<ConstBytes> MessageStream::receive() {
  auto message = take_message();
  while (!message && read_more()) message = take_message();
  return message;
}

std::optional<ConstBytes> MessageStream::take_message() {
  const ConstBytes waiting = ConstBytes{inbox_}.subspan(begin_, end_ - begin_);
  const auto first = relay::first_message(waiting, relay::kLongestClientMessage);
  if (!first || !first->has_value()) return std::nullopt;
  begin_ += (*first)->occupied;
  return waiting.first((*first)->size);
}

bool MessageStream::read_more() {
  if (begin_ > 0) std::memmove(inbox_.data(), inbox_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == inbox_.size()) return false;  // no message of ours is so long
  const std::lock_guard lock{mutex_};
  const relay::StreamIo read = stream_.read(Bytes{inbox_}.subspan(end_));
  end_ += read.bytes;
  return read.result == relay::StreamIo::Result::moved;
}

}  // namespace avedge::bench
