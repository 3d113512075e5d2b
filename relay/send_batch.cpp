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
  ++count_;
}

void SendBatch::flush() {
  if (count_ == 0) return;
  if (one_socket_) {
    send(fds_[0], messages_.data(), count_);
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
    send(fd, grouped_.data(), grouped);
  }
}

void SendBatch::send(int fd, mmsghdr* messages, std::size_t count) {
  bool is_second_try = false;
  while (count > 0) {
    const int sent = sendmmsg(fd, messages, static_cast<unsigned>(count), 0);
    std::size_t done = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (sent <= 0) {
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) return drop_all(count);
      if (sent < 0 && !is_second_try && is_about_another(errno)) {
        is_second_try = true;
        continue;
      }
      // The first message is the one refused: count it, and go on behind it.
      drops_.count(DropReason::send_failed);
      done = 1;
    }
    is_second_try = false;
    messages += done;
    count -= done;
  }
}

/// The socket's buffer is full, and it will not empty while we look at it.
void SendBatch::drop_all(std::size_t count) {
  for (; count > 0; --count) drops_.count(DropReason::send_failed);
}

}  // namespace avedge::relay
