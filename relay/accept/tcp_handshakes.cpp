#include "relay/accept/tcp_handshakes.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "relay/core/descriptor_reserve.h"
#include "relay/core/turn_framing.h"
#include "relay/sockets/tcp_socket.h"
#include "relay/stream/proxy_protocol.h"

namespace avedge::relay {
namespace {

constexpr int kAcceptedInARow = 64;
/// RFC 8446 §5.1: the first byte of a TLS record with a ClientHello.
constexpr std::byte kTlsHandshakeRecord{22};

/// What has arrived and stays in the kernel. Fails when there will be nothing more.
Verdict<std::size_t> peek(int fd, Bytes into) {
  const ssize_t seen = recv(fd, into.data(), into.size(), MSG_PEEK);
  if (seen > 0) return static_cast<std::size_t>(seen);
  const bool later = seen < 0 && (errno == EAGAIN || errno == EINTR);
  if (later) return std::size_t{0};
  return DropReason::handshake_failed;
}

}  // namespace

void TcpHandshakes::accept(const TcpListener& listener, Time now) {
  for (int i = 0; i < kAcceptedInARow; ++i) {
    if (!spare_.is_open()) spare_ = FileDescriptor{open("/dev/null", O_RDONLY | O_CLOEXEC)};
    Endpoint remote;
    FileDescriptor fd = accept_tcp(listener.fd.get(), remote);
    if (fd.is_open()) {
      receive(listener, std::move(fd), remote, now);
    } else if (errno == EMFILE || errno == ENFILE) {
      spare_.reset();
      fd = accept_tcp(listener.fd.get(), remote);
      drops_.count(DropReason::descriptors_exhausted);
    } else {
      return;
    }
  }
}

void TcpHandshakes::receive(const TcpListener& listener, FileDescriptor fd, const Endpoint& remote,
                            Time now) {
  if (is_from_reserve(fd.get()) && !limits_.make_room(listener.listener, now)) {
    return drops_.count(DropReason::descriptors_exhausted);
  }
  auto pending = std::make_unique<Pending>();
  pending->path = {kNoSocket, listener.local, remote, Transport::tcp, listener.listener};
  pending->tls = listener.tls;
  pending->admits_plain = listener.admits_plain;
  // Behind a proxy all sources look alike until the header has named them.
  pending->stage = listener.expects_proxy_header ? Stage::proxy_header : Stage::first_byte;
  const Index index = next_place();
  if (pending->stage == Stage::first_byte && !admit(index, *pending, now)) {
    return drops_.count(DropReason::connection_limit);
  }
  prepare_media_stream(fd.get());
  if (!loop_.watch(fd.get(), tag_ | index, EPOLLIN)) return;
  free_.pop_back();
  pending->fd = std::move(fd);
  pending_[index] = std::move(pending);
  deadlines_.set(index, now + kHandshakeTimeout);
  serve(index, now);
}

/// It stays free until it is taken from there.
TcpHandshakes::Index TcpHandshakes::next_place() {
  if (free_.empty()) {
    free_.push_back(static_cast<Index>(pending_.size()));
    pending_.emplace_back();
  }
  return free_.back();
}

bool TcpHandshakes::admit(Index index, Pending& pending, Time now) {
  auto admission = limits_.admit(pending.path.listener, pending.path.remote.address, now);
  if (!admission) return false;
  pending.admission = std::move(*admission);
  return pending.admission.hold(holder_, tag_ | index);
}

void TcpHandshakes::evict(Index index, const AdmissionId& id) {
  if (index >= pending_.size() || pending_[index] == nullptr) return;
  if (pending_[index]->admission.id() != id) return;
  drops_.count(DropReason::connection_evicted);
  forget(index);
}

void TcpHandshakes::serve(Index index, Time now) {
  if (index >= pending_.size() || pending_[index] == nullptr) return;
  while (true) {
    const auto step = this->step(index, *pending_[index], now);
    if (!step) drops_.count(step.reason());
    if (!step || *step == Step::delivered) return forget(index);
    if (*step == Step::waits) return;
  }
}

Verdict<TcpHandshakes::Step> TcpHandshakes::step(Index index, Pending& pending, Time now) {
  switch (pending.stage) {
    case Stage::proxy_header: return read_proxy_header(index, pending, now);
    case Stage::first_byte: return read_first_byte(pending);
    case Stage::handshake: break;
  }
  return continue_handshake(index, pending);
}

/// The header names the client; everything behind it is the client's.
Verdict<TcpHandshakes::Step> TcpHandshakes::read_proxy_header(Index index, Pending& pending,
                                                              Time now) {
  std::array<std::byte, kLongestProxyHeader> seen;
  const auto size = peek(pending.fd.get(), seen);
  if (!size) return size.reason();
  const auto header = parse_proxy_header(ConstBytes{seen}.first(*size));
  if (!header) return header.reason();
  if (!*header) return Step::waits;
  const ssize_t taken = recv(pending.fd.get(), seen.data(), (*header)->size, 0);
  if (taken != static_cast<ssize_t>((*header)->size)) return DropReason::proxy_header_invalid;
  if ((*header)->source) pending.path.remote = *(*header)->source;
  if (!admit(index, pending, now)) return DropReason::connection_limit;
  pending.stage = Stage::first_byte;
  return Step::goes_on;
}

Verdict<TcpHandshakes::Step> TcpHandshakes::read_first_byte(Pending& pending) {
  std::array<std::byte, 1> first;
  const auto size = peek(pending.fd.get(), first);
  if (!size) return size.reason();
  if (*size == 0) return Step::waits;
  if (first[0] != kTlsHandshakeRecord) {
    if (!pending.admits_plain) return DropReason::handshake_failed;
    return deliver(pending, Transport::tcp);
  }
  if (!pending.tls) return DropReason::stream_malformed;
  pending.ssl.reset(pending.tls->new_session());
  if (pending.ssl == nullptr || SSL_set_fd(pending.ssl.get(), pending.fd.get()) != 1) {
    return DropReason::handshake_failed;
  }
  pending.stage = Stage::handshake;
  return Step::goes_on;
}

Verdict<TcpHandshakes::Step> TcpHandshakes::continue_handshake(Index index, Pending& pending) {
  ERR_clear_error();
  const int returned = SSL_accept(pending.ssl.get());
  if (returned == 1) return deliver(pending, Transport::tls);
  const int error = SSL_get_error(pending.ssl.get(), returned);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
    return DropReason::handshake_failed;
  }
  loop_.rewatch(pending.fd.get(), tag_ | index, error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT);
  return Step::waits;
}

TcpHandshakes::Step TcpHandshakes::deliver(Pending& pending, Transport transport) {
  loop_.unwatch(pending.fd.get());
  pending.path.transport = transport;
  deliver_(std::make_unique<TcpConnection>(
      ByteStream{std::move(pending.fd), std::move(pending.ssl)}, pending.path, kNoSocket,
      std::move(pending.admission), queue_));
  return Step::delivered;
}

void TcpHandshakes::forget(Index index) {
  deadlines_.remove(index);
  pending_[index].reset();
  free_.push_back(index);
}

void TcpHandshakes::expire(Time now) {
  while (const auto index = deadlines_.pop_due(now)) {
    drops_.count(DropReason::connection_idle);
    forget(*index);
  }
}

}  // namespace avedge::relay
