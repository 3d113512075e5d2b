#include "relay/accept/tcp_handshakes.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "relay/core/descriptor_reserve.h"
#include "relay/core/turn_framing.h"
#include "relay/stream/proxy_protocol.h"
#include "relay/tcp_socket.h"

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

void TcpArrivals::accept(const Door& door, Time now) {
  for (int i = 0; i < kAcceptedInARow; ++i) {
    if (!spare_.is_open()) spare_ = FileDescriptor{open("/dev/null", O_RDONLY | O_CLOEXEC)};
    Endpoint remote;
    FileDescriptor fd = accept_tcp(door.fd.get(), remote);
    if (fd.is_open()) {
      receive(door, std::move(fd), remote, now);
    } else if (errno == EMFILE || errno == ENFILE) {
      spare_.reset();
      fd = accept_tcp(door.fd.get(), remote);
      drops_.count(DropReason::descriptors_exhausted);
    } else {
      return;
    }
  }
}

void TcpArrivals::receive(const Door& door, FileDescriptor fd, const Endpoint& remote, Time now) {
  if (is_from_reserve(fd.get()) && !limits_.make_room(door.listener, now)) {
    return drops_.count(DropReason::descriptors_exhausted);
  }
  auto arrival = std::make_unique<Arrival>();
  arrival->path = {kNoSocket, door.local, remote, Transport::tcp, door.listener};
  arrival->tls = door.tls;
  arrival->admits_plain = door.admits_plain;
  // Behind a proxy all sources look alike until the header has named them.
  arrival->stage = door.expects_proxy_header ? Stage::proxy_header : Stage::first_byte;
  const Index index = next_place();
  if (arrival->stage == Stage::first_byte && !admit(index, *arrival, now)) {
    return drops_.count(DropReason::connection_limit);
  }
  prepare_media_stream(fd.get());
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag_ | index;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd.get(), &event) != 0) return;
  free_.pop_back();
  arrival->fd = std::move(fd);
  arrivals_[index] = std::move(arrival);
  deadlines_.set(index, now + kDoorPatience);
  serve(index, now);
}

/// It stays free until it is taken from there.
TcpArrivals::Index TcpArrivals::next_place() {
  if (free_.empty()) {
    free_.push_back(static_cast<Index>(arrivals_.size()));
    arrivals_.emplace_back();
  }
  return free_.back();
}

bool TcpArrivals::admit(Index index, Arrival& arrival, Time now) {
  auto admission = limits_.admit(arrival.path.listener, arrival.path.remote.address, now);
  if (!admission) return false;
  arrival.admission = std::move(*admission);
  return arrival.admission.hold(holder_, tag_ | index);
}

void TcpArrivals::evict(Index index, const AdmissionId& id) {
  if (index >= arrivals_.size() || arrivals_[index] == nullptr) return;
  if (arrivals_[index]->admission.id() != id) return;
  drops_.count(DropReason::connection_evicted);
  forget(index);
}

void TcpArrivals::serve(Index index, Time now) {
  if (index >= arrivals_.size() || arrivals_[index] == nullptr) return;
  while (true) {
    const auto step = this->step(index, *arrivals_[index], now);
    if (!step) drops_.count(step.reason());
    if (!step || *step == Step::delivered) return forget(index);
    if (*step == Step::waits) return;
  }
}

Verdict<TcpArrivals::Step> TcpArrivals::step(Index index, Arrival& arrival, Time now) {
  switch (arrival.stage) {
    case Stage::proxy_header: return read_proxy_header(index, arrival, now);
    case Stage::first_byte: return look_at_first_byte(arrival);
    case Stage::handshake: break;
  }
  return shake_hands(index, arrival);
}

/// The header names the client; everything behind it is the client's.
Verdict<TcpArrivals::Step> TcpArrivals::read_proxy_header(Index index, Arrival& arrival, Time now) {
  std::array<std::byte, kLongestProxyHeader> seen;
  const auto size = peek(arrival.fd.get(), seen);
  if (!size) return size.reason();
  const auto header = parse_proxy_header(ConstBytes{seen}.first(*size));
  if (!header) return header.reason();
  if (!*header) return Step::waits;
  const ssize_t taken = recv(arrival.fd.get(), seen.data(), (*header)->size, 0);
  if (taken != static_cast<ssize_t>((*header)->size)) return DropReason::proxy_header_invalid;
  if ((*header)->source) arrival.path.remote = *(*header)->source;
  if (!admit(index, arrival, now)) return DropReason::connection_limit;
  arrival.stage = Stage::first_byte;
  return Step::goes_on;
}

Verdict<TcpArrivals::Step> TcpArrivals::look_at_first_byte(Arrival& arrival) {
  std::array<std::byte, 1> first;
  const auto size = peek(arrival.fd.get(), first);
  if (!size) return size.reason();
  if (*size == 0) return Step::waits;
  if (first[0] != kTlsHandshakeRecord) {
    if (!arrival.admits_plain) return DropReason::handshake_failed;
    return deliver(arrival, Transport::tcp);
  }
  if (!arrival.tls) return DropReason::stream_malformed;
  arrival.ssl.reset(arrival.tls->new_session());
  if (arrival.ssl == nullptr || SSL_set_fd(arrival.ssl.get(), arrival.fd.get()) != 1) {
    return DropReason::handshake_failed;
  }
  arrival.stage = Stage::handshake;
  return Step::goes_on;
}

Verdict<TcpArrivals::Step> TcpArrivals::shake_hands(Index index, Arrival& arrival) {
  ERR_clear_error();
  const int returned = SSL_accept(arrival.ssl.get());
  if (returned == 1) return deliver(arrival, Transport::tls);
  const int error = SSL_get_error(arrival.ssl.get(), returned);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
    return DropReason::handshake_failed;
  }
  epoll_event event{};
  event.events = error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
  event.data.u64 = tag_ | index;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, arrival.fd.get(), &event);
  return Step::waits;
}

TcpArrivals::Step TcpArrivals::deliver(Arrival& arrival, Transport transport) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, arrival.fd.get(), nullptr);
  arrival.path.transport = transport;
  deliver_(std::make_unique<TcpLink>(ByteStream{std::move(arrival.fd), std::move(arrival.ssl)},
                                     arrival.path, std::move(arrival.admission), queue_));
  return Step::delivered;
}

void TcpArrivals::forget(Index index) {
  deadlines_.remove(index);
  arrivals_[index].reset();
  free_.push_back(index);
}

void TcpArrivals::expire(Time now) {
  while (const auto index = deadlines_.pop_due(now)) {
    drops_.count(DropReason::connection_idle);
    forget(*index);
  }
}

}  // namespace avedge::relay
