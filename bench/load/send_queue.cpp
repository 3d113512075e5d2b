#include "bench/load/send_queue.h"

#include <poll.h>

#include <cerrno>

namespace avedge::bench {

SendQueue::SendQueue() : bytes_{std::make_unique<std::byte[]>(kCapacity * kSlotSize)} {
  for (std::size_t i = 0; i < kCapacity; ++i) {
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &addresses_[i];
  }
}

Bytes SendQueue::slot(int descriptor) {
  if (descriptor != descriptor_ || count_ == kCapacity) flush();
  descriptor_ = descriptor;
  return {bytes_.get() + count_ * kSlotSize, kSlotSize};
}

void SendQueue::push(ConstBytes packet, const Endpoint& to) {
  vectors_[count_] = {const_cast<std::byte*>(packet.data()), packet.size()};
  addresses_[count_] = relay::SocketAddress{to};
  messages_[count_].msg_hdr.msg_namelen = addresses_[count_].size();
  ++count_;
}

void SendQueue::flush() {
  std::size_t done = 0;
  bool retried = false;
  while (done < count_) {
    const int sent =
        sendmmsg(descriptor_, &messages_[done], static_cast<unsigned>(count_ - done), 0);
    if (sent > 0) {
      done += static_cast<std::size_t>(sent);
      retried = false;
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      pollfd writable{descriptor_, POLLOUT, 0};
      poll(&writable, 1, 10);
    } else if (!retried) {
      retried = true;  // an ICMP error of an earlier packet is reported to the next send
    } else {
      ++errors_;
      ++done;
      retried = false;
    }
  }
  count_ = 0;
}

}  // namespace avedge::bench
