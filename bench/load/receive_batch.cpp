#include "bench/load/receive_batch.h"

namespace avedge::bench {

std::size_t ReceiveBatch::receive(int descriptor) {
  for (std::size_t i = 0; i < kCapacity; ++i) {
    vectors_[i] = {bytes_.data() + i * kSlotSize, kSlotSize};
    messages_[i].msg_hdr = {.msg_name = &addresses_[i],
                            .msg_namelen = sizeof addresses_[i],
                            .msg_iov = &vectors_[i],
                            .msg_iovlen = 1,
                            .msg_control = &controls_[i],
                            .msg_controllen = sizeof controls_[i],
                            .msg_flags = 0};
  }
  const int count = recvmmsg(descriptor, messages_.data(), kCapacity, MSG_DONTWAIT, nullptr);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

ConstBytes ReceiveBatch::datagram(std::size_t i) const {
  return ConstBytes{bytes_}.subspan(i * kSlotSize, messages_[i].msg_len);
}

void ReceiveBatch::echo(int descriptor, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    vectors_[i].iov_len = messages_[i].msg_len;
    messages_[i].msg_hdr.msg_controllen = 0;
  }
  std::size_t done = 0;
  while (done < count) {
    const int sent = sendmmsg(descriptor, &messages_[done], static_cast<unsigned>(count - done), 0);
    done += sent > 0 ? static_cast<std::size_t>(sent) : 1;
  }
}

}  // namespace avedge::bench
