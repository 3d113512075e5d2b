// Datagrams as they come from one socket, by one system call: into the buffers of a PacketRing,
// with what the kernel says about each.
#pragma once

#include <sys/socket.h>

#include <array>

#include "relay/core/bytes.h"
#include "relay/fan_in/destination.h"
#include "relay/ip_marks.h"
#include "relay/packet_ring.h"
#include "relay/segment_runs.h"
#include "relay/socket_address.h"

namespace avedge::relay {

class ReceiveBatch {
 public:
  static constexpr std::size_t kCapacity = 64;

  /// `ring` outlives it.
  explicit ReceiveBatch(PacketRing& ring);

  /// Takes what waits at the socket, at most `wanted`, for which the ring has room. Returns how
  /// many came; they stay until the next call, and their bytes until the ring is cleared.
  std::size_t receive(int fd, std::size_t wanted);

  // Of the `index`-th of them.

  [[nodiscard]] Endpoint source(std::size_t index) const { return sources_[index].endpoint(); }
  [[nodiscard]] Bytes bytes(std::size_t index) const {
    return {static_cast<std::byte*>(vectors_[index].iov_base), messages_[index].msg_len};
  }
  /// As far as the socket was told to tell: apply_marking(), receive_runs(), tell_destinations().
  [[nodiscard]] IpMarks marks(std::size_t index) {
    return received_marks(messages_[index].msg_hdr);
  }
  [[nodiscard]] std::size_t segment(std::size_t index) {
    msghdr& header = messages_[index].msg_hdr;
    return header.msg_controllen > 0 ? received_segment(header) : 0;
  }
  /// How many it is: a run counts for what it is made of.
  [[nodiscard]] std::size_t datagrams(std::size_t index) {
    const std::size_t size = segment(index);
    return size == 0 ? 1 : (messages_[index].msg_len + size - 1) / size;
  }
  [[nodiscard]] Endpoint destination(std::size_t index) {
    return received_destination(messages_[index].msg_hdr);
  }

 private:
  PacketRing& ring_;
  std::array<mmsghdr, kCapacity> messages_{};
  std::array<iovec, kCapacity> vectors_{};
  std::array<SocketAddress, kCapacity> sources_;
  std::array<ReceiveControl, kCapacity> controls_;
};

}  // namespace avedge::relay
