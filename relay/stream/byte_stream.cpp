#include "relay/stream/byte_stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace avedge::relay {
namespace {

StreamIo judge_plain(ssize_t moved) {
  if (moved > 0) return {StreamIo::Result::moved, static_cast<std::size_t>(moved)};
  const bool later = moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return {later ? StreamIo::Result::would_block : StreamIo::Result::ended};
}

}  // namespace

ByteStream::~ByteStream() {
  if (tls_ == nullptr || broken_ || !fd_.is_open()) return;
  ERR_clear_error();
  SSL_shutdown(tls_.get());
}

StreamIo ByteStream::read(Bytes into) {
  if (is_plain()) return judge_plain(recv(fd_.get(), into.data(), into.size(), 0));
  ERR_clear_error();
  return judge_tls(SSL_read(tls_.get(), into.data(), static_cast<int>(into.size())));
}

StreamIo ByteStream::peek(Bytes into) const {
  return judge_plain(recv(fd_.get(), into.data(), into.size(), MSG_PEEK));
}

StreamIo ByteStream::write(ConstBytes bytes) {
  if (is_plain()) return judge_plain(send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  ERR_clear_error();
  const auto size = static_cast<int>(std::min(bytes.size(), kTlsRecord));
  return judge_tls(SSL_write(tls_.get(), bytes.data(), size));
}

StreamIo ByteStream::judge_tls(int returned) {
  if (returned > 0) return {StreamIo::Result::moved, static_cast<std::size_t>(returned)};
  switch (SSL_get_error(tls_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {StreamIo::Result::would_block};
    case SSL_ERROR_ZERO_RETURN: return {StreamIo::Result::ended};
    default: broken_ = true; return {StreamIo::Result::ended};
  }
}

}  // namespace avedge::relay
