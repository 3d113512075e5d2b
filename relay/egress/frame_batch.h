// Datagrams that wait to leave as Ethernet frames: one sendmmsg for all of them, whatever sockets
// and destinations they belong to.
#pragma once

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>

#include "relay/core/counters.h"
#include "relay/core/result.h"
#include "relay/egress/udp_frame.h"
#include "relay/file_descriptor.h"

namespace avedge::relay {

class FrameBatch {
 public:
  static constexpr std::size_t kCapacity = 128;

  /// Takes CAP_NET_RAW.
  [[nodiscard]] static Result<FileDescriptor> open_packet_socket();

  FrameBatch(FileDescriptor packet_socket, WorkerCounters& counters);

  [[nodiscard]] bool full() const { return count_ == kCapacity; }

  /// Adds a datagram; not when full(). `payload` stays untouched until flush().
  void push(const NextHop& hop, const DatagramHeader& datagram, ConstBytes payload);
  /// Sends everything in order. What the kernel refuses is counted as send_failed and skipped.
  void flush();

 private:
  FileDescriptor socket_;
  WorkerCounters& counters_;
  std::size_t count_ = 0;
  std::array<mmsghdr, kCapacity> messages_{};
  std::array<std::array<iovec, 2>, kCapacity> vectors_{};
  std::array<sockaddr_ll, kCapacity> devices_{};
  std::array<std::array<std::byte, kMaxFrameHeader>, kCapacity> headers_;
};

}  // namespace avedge::relay
