#include "relay/egress/frame_batch.h"

#include <net/ethernet.h>
#include <netinet/in.h>

#include <cassert>

namespace avedge::relay {

namespace {

/// Bytes that may wait in the device's queue: a batch of full-sized frames many times over.
constexpr int kSendBuffer = 8 << 20;

/// The privileged option may exceed net.core.wmem_max.
void enlarge_send_buffer(int fd) {
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) == 0) return;
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
}

}  // namespace

Result<FileDescriptor> FrameBatch::open_packet_socket() {
  // Protocol 0: it receives nothing.
  FileDescriptor fd{socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd.is_open()) return Error::from_errno("cannot open a packet socket (it takes CAP_NET_RAW)");
  const int on = 1;
  if (setsockopt(fd.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0) {
    return Error::from_errno("packet sockets without PACKET_VNET_HDR");
  }
  enlarge_send_buffer(fd.get());
  return fd;
}

FrameBatch::FrameBatch(FileDescriptor packet_socket, WorkerCounters& counters)
    : socket_{std::move(packet_socket)}, counters_{counters} {
  for (std::size_t i = 0; i < kCapacity; ++i) {
    vectors_[i][0].iov_base = headers_[i].data();
    devices_[i].sll_family = AF_PACKET;
    messages_[i].msg_hdr.msg_iov = vectors_[i].data();
    messages_[i].msg_hdr.msg_iovlen = vectors_[i].size();
    messages_[i].msg_hdr.msg_name = &devices_[i];
    messages_[i].msg_hdr.msg_namelen = sizeof devices_[i];
  }
}

void FrameBatch::push(const NextHop& hop, const DatagramHeader& datagram, ConstBytes payload) {
  assert(!full());
  vectors_[count_][0].iov_len = write_frame_header(headers_[count_].data(), hop, datagram);
  vectors_[count_][1] = {const_cast<std::byte*>(payload.data()), payload.size()};
  devices_[count_].sll_ifindex = hop.device;
  devices_[count_].sll_protocol =
      htons(datagram.to.address.is_v4() ? ETHERTYPE_IP : ETHERTYPE_IPV6);
  ++count_;
}

void FrameBatch::flush() {
  std::size_t begin = 0;
  while (begin < count_) {
    const int sent =
        sendmmsg(socket_.get(), &messages_[begin], static_cast<unsigned>(count_ - begin), 0);
    if (sent > 0) {
      begin += static_cast<std::size_t>(sent);
      counters_.frames_sent.add(static_cast<std::uint64_t>(sent));
    } else if (errno != EINTR) {
      // The first one is refused: its device is down, or has no more room.
      counters_.drops.count(DropReason::send_failed);
      ++begin;
    }
  }
  count_ = 0;
}

}  // namespace avedge::relay
