// A connected TCP socket, plain or under TLS, as a stream of bytes that never blocks.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>

#include "relay/core/bytes.h"
#include "relay/sockets/file_descriptor.h"

namespace avedge::relay {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

/// What came of reading or writing.
struct StreamIo {
  enum class Result : std::uint8_t {
    moved,        // `bytes` of them, at least one
    would_block,  // ask again when epoll says so
    ended         // the far side closed, or the connection is broken
  };
  Result result{};
  std::size_t bytes = 0;
};

/// One thread at a time.
class ByteStream {
 public:
  ByteStream() = default;
  /// `tls`: a session whose handshake is done on that descriptor; null for plain TCP.
  explicit ByteStream(FileDescriptor fd, SslPtr tls = nullptr)
      : fd_{std::move(fd)}, tls_{std::move(tls)} {}
  ByteStream(ByteStream&&) = default;
  ByteStream& operator=(ByteStream&&) = default;
  /// Says goodbye (close_notify) if it can without waiting.
  ~ByteStream();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] bool is_plain() const { return tls_ == nullptr; }

  [[nodiscard]] StreamIo read(Bytes into);
  /// Plain TCP only: shows what read() would give, and leaves it where it is.
  [[nodiscard]] StreamIo peek(Bytes into) const;
  /// Writes a part of `bytes`, not empty. After would_block a TLS stream insists on being given
  /// the same bytes again, at most kTlsRecord of them, perhaps with more behind.
  [[nodiscard]] StreamIo write(ConstBytes bytes);

  /// What one TLS record carries at most (RFC 8446 §5.1), and so one write().
  static constexpr std::size_t kTlsRecord = 16'384;

 private:
  [[nodiscard]] StreamIo judge_tls(int returned);

  FileDescriptor fd_;
  SslPtr tls_;  // after the descriptor: gone before it closes
  bool broken_ = false;
};

}  // namespace avedge::relay
