#include "relay/egress/frame_batch.h"

#include <net/ethernet.h>
#include <netinet/in.h>

#include <cassert>
#include <cerrno>

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
    devices_[i].sll_family = AF_PACKET;
    messages_[i].msg_hdr.msg_name = &devices_[i];
    messages_[i].msg_hdr.msg_namelen = sizeof devices_[i];
  }
}

void FrameBatch::push(const NextHop& hop, const DatagramHeader& datagram, ConstBytes payload) {
  assert(!full());
  if (frames_ > 0 && continues(described_[frames_ - 1], hop, datagram)) {
    described_[frames_ - 1].datagram.payload_size += datagram.payload_size;
  } else {
    begin(hop, datagram);
  }
  Frame& frame = described_[frames_ - 1];
  frame.vectors[++frame.count] = {const_cast<std::byte*>(payload.data()), payload.size()};
  ++datagrams_;
}

bool FrameBatch::continues(const Frame& frame, const NextHop& hop,
                           const DatagramHeader& datagram) const {
  const DatagramHeader& before = frame.datagram;
  return may_follow(datagram.payload_size, frame.segment, frame.count, before.payload_size) &&
         datagram.to == before.to && datagram.from == before.from &&
         datagram.fields == before.fields && hop == frame.hop;
}

void FrameBatch::begin(const NextHop& hop, const DatagramHeader& datagram) {
  iovec* const vectors = &vectors_[frames_ + datagrams_];
  vectors->iov_base = headers_[frames_].data();
  described_[frames_] = {hop, datagram, datagram.payload_size, 0, vectors};
  devices_[frames_].sll_ifindex = hop.device;
  devices_[frames_].sll_protocol =
      htons(datagram.to.address.is_v4() ? ETHERTYPE_IP : ETHERTYPE_IPV6);
  ++frames_;
}

void FrameBatch::flush() {
  write_headers();
  std::size_t begin = 0;
  while (begin < frames_) {
    const int sent =
        sendmmsg(socket_.get(), &messages_[begin], static_cast<unsigned>(frames_ - begin), 0);
    if (sent > 0) {
      const std::size_t end = begin + static_cast<std::size_t>(sent);
      for (; begin < end; ++begin) counters_.frames_sent.add(described_[begin].count);
    } else if (errno != EINTR) {
      refuse(described_[begin++]);
    }
  }
  frames_ = 0;
  datagrams_ = 0;
}

/// Now that the runs are as long as they get.
void FrameBatch::write_headers() {
  for (std::size_t i = 0; i < frames_; ++i) {
    Frame& frame = described_[i];
    if (frame.count > 1) frame.datagram.segment_size = static_cast<std::uint16_t>(frame.segment);
    frame.vectors[0].iov_len = write_frame_header(headers_[i].data(), frame.hop, frame.datagram);
    messages_[i].msg_hdr.msg_iov = frame.vectors;
    messages_[i].msg_hdr.msg_iovlen = 1 + frame.count;
  }
}

/// The device is down, or has no more room; or this kernel cuts no frames.
void FrameBatch::refuse(const Frame& frame) {
  if (frame.count == 1) return counters_.drops.count(DropReason::send_failed);
  mmsghdr& message = messages_[static_cast<std::size_t>(&frame - described_.data())];
  std::array<std::byte, kMaxFrameHeader> header;
  DatagramHeader part = frame.datagram;
  part.segment_size = 0;
  for (std::size_t i = 1; i <= frame.count; ++i) {
    part.payload_size = frame.vectors[i].iov_len;
    std::array<iovec, 2> vectors{iovec{header.data(), 0}, frame.vectors[i]};
    vectors[0].iov_len = write_frame_header(header.data(), frame.hop, part);
    ++part.identification;
    message.msg_hdr.msg_iov = vectors.data();
    message.msg_hdr.msg_iovlen = vectors.size();
    if (sendmsg(socket_.get(), &message.msg_hdr, 0) > 0) {
      counters_.frames_sent.add(1);
    } else {
      counters_.drops.count(DropReason::send_failed);
    }
  }
}

}  // namespace avedge::relay
