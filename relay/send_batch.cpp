#include "relay/send_batch.h"

#include <cassert>
#include <cerrno>

#include "relay/error_queue.h"

namespace avedge::relay {

SendBatch::SendBatch(Drops& drops) : drops_{drops} {
  for (std::size_t i = 0; i < kCapacity; ++i) {
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

void SendBatch::push(int fd, const SocketAddress& destination, ConstBytes bytes) {
  append(fd, destination, bytes);
}

void SendBatch::push(int fd, const Endpoint& destination, ConstBytes bytes) {
  own_addresses_[count_].assign(destination);
  append(fd, own_addresses_[count_], bytes);
}

void SendBatch::append(int fd, const SocketAddress& destination, ConstBytes bytes) {
  assert(!full());
  one_socket_ = one_socket_ && (count_ == 0 || fd == fds_[0]);
  fds_[count_] = fd;
  vectors_[count_] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  msghdr& header = messages_[count_].msg_hdr;
  header.msg_name = const_cast<SocketAddress*>(&destination);
  header.msg_namelen = destination.size();
  header.msg_controllen = 0;
  ++count_;
}

void SendBatch::mark_last(const IpMarks& marks) {
  assert(!empty());
  msghdr& header = messages_[count_ - 1].msg_hdr;
  const auto* destination = static_cast<const SocketAddress*>(header.msg_name);
  const bool is_v4 = destination->any.sa_family == AF_INET;
  set_marks(header, marks_[count_ - 1], is_v4 ? AddressFamily::ipv4 : AddressFamily::ipv6, marks);
}

void SendBatch::flush() {
  if (count_ == 0) return;
  if (one_socket_) {
    send(fds_[0], std::span{messages_}.first(count_));
  } else {
    flush_grouped();
  }
  count_ = 0;
  one_socket_ = true;
}

/// Collects, for the first message of each socket, that socket's later messages behind it. The
/// batch is small, and the usual mixed batch has one packet a socket: a scan beats any index.
void SendBatch::flush_grouped() {
  constexpr int kSent = -1;
  for (std::size_t first = 0; first < count_; ++first) {
    const int fd = fds_[first];
    if (fd == kSent) continue;
    std::size_t grouped = 0;
    for (std::size_t i = first; i < count_; ++i) {
      if (fds_[i] != fd) continue;
      grouped_[grouped++] = messages_[i];
      fds_[i] = kSent;
    }
    send(fd, std::span{grouped_}.first(grouped));
  }
}

/// A run that cannot be cut (a path of small packets, a device without checksums) leaves in parts.
void SendBatch::send(int fd, std::span<mmsghdr> messages) {
  const std::span<mmsghdr> runs = runs_.join(messages);
  if (runs.data() == messages.data()) return send_each(fd, messages);
  for (std::size_t i = 0; i < runs.size();) {
    const int sent = sendmmsg(fd, &runs[i], static_cast<unsigned>(runs.size() - i), 0);
    if (sent > 0) {
      i += static_cast<std::size_t>(sent);
    } else {
      send_each(fd, runs_.parts(i++));
    }
  }
}

void SendBatch::send_each(int fd, std::span<mmsghdr> messages) {
  bool is_second_try = false;
  while (!messages.empty()) {
    const int sent = sendmmsg(fd, messages.data(), static_cast<unsigned>(messages.size()), 0);
    std::size_t done = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (sent <= 0) {
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) return drop_all(messages.size());
      if (sent < 0 && !is_second_try && is_about_another(errno)) {
        is_second_try = true;
        continue;
      }
      // The first message is the one refused: count it, and go on behind it.
      drops_.count(DropReason::send_failed);
      done = 1;
    }
    is_second_try = false;
    messages = messages.subspan(done);
  }
}

/// The socket's buffer is full, and it will not empty while we look at it.
void SendBatch::drop_all(std::size_t count) {
  for (; count > 0; --count) drops_.count(DropReason::send_failed);
}

}  // namespace avedge::relay
