#include "relay/sockets/receive_batch.h"

#include <algorithm>
#include <span>

namespace avedge::relay {
namespace {

/// One datagram costs less without the array around it.
std::size_t receive_some(int fd, std::span<mmsghdr> messages) {
  if (messages.size() > 1) {
    const auto wanted = static_cast<unsigned>(messages.size());
    return static_cast<std::size_t>(
        std::max(recvmmsg(fd, messages.data(), wanted, MSG_DONTWAIT, nullptr), 0));
  }
  const ssize_t size = recvmsg(fd, &messages[0].msg_hdr, MSG_DONTWAIT);
  if (size < 0) return 0;
  messages[0].msg_len = static_cast<unsigned>(size);
  return 1;
}

}  // namespace

ReceiveBatch::ReceiveBatch(PacketRing& ring) : ring_{ring} {
  for (std::size_t i = 0; i < kCapacity; ++i) {
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &sources_[i];
    messages_[i].msg_hdr.msg_control = &buffers_[i];
  }
}

std::size_t ReceiveBatch::receive(int fd, std::size_t wanted) {
  for (std::size_t i = 0; i < wanted; ++i) {
    vectors_[i] = {ring_.payload(i), PacketRing::kPayload};
    messages_[i].msg_hdr.msg_namelen = sizeof(SocketAddress);
    messages_[i].msg_hdr.msg_controllen = sizeof(AncillaryBuffer);
  }
  const std::size_t count = receive_some(fd, std::span{messages_}.first(wanted));
  ring_.keep(count);
  for (std::size_t i = 0; i < count; ++i) {
    msghdr& header = messages_[i].msg_hdr;
    ancillary_[i] = header.msg_controllen > 0 ? read_ancillary(header) : Ancillary{};
  }
  return count;
}

}  // namespace avedge::relay
