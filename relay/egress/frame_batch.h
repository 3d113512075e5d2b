// Datagrams that wait to leave as Ethernet frames: one sendmmsg for all of them, whatever sockets
// and destinations they belong to, and one frame for a run of alike ones (relay/segment_runs).
#pragma once

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>

#include "relay/core/counters.h"
#include "relay/core/result.h"
#include "relay/egress/udp_frame.h"
#include "relay/sockets/file_descriptor.h"
#include "relay/sockets/gso_batch.h"

namespace avedge::relay {

class FrameBatch {
 public:
  static constexpr std::size_t kCapacity = 128;

  /// Takes CAP_NET_RAW.
  [[nodiscard]] static Result<FileDescriptor> open_packet_socket();

  FrameBatch(FileDescriptor packet_socket, WorkerCounters& counters);

  [[nodiscard]] bool full() const { return datagrams_ == kCapacity; }

  /// Adds a datagram; not when full(). `payload` stays untouched until flush().
  void push(const NextHop& hop, const DatagramHeader& datagram, ConstBytes payload);
  /// Sends everything in order. What the kernel refuses is counted as send_failed and skipped.
  void flush();

 private:
  /// One message: a datagram, or a run of them.
  struct Frame {
    NextHop hop;
    DatagramHeader datagram;  // of all of them together
    std::size_t segment = 0;  // bytes of the first payload
    std::size_t count = 0;
    iovec* vectors = nullptr;  // the header's, and behind it one for each payload
  };

  [[nodiscard]] bool continues(const Frame& frame, const NextHop& hop,
                               const DatagramHeader& datagram) const;
  void begin(const NextHop& hop, const DatagramHeader& datagram);
  void write_headers();
  void refuse(const Frame& frame);

  FileDescriptor socket_;
  WorkerCounters& counters_;
  std::size_t datagrams_ = 0;
  std::size_t frames_ = 0;
  std::array<Frame, kCapacity> described_;
  std::array<mmsghdr, kCapacity> messages_{};
  std::array<iovec, 2 * kCapacity> vectors_{};
  std::array<sockaddr_ll, kCapacity> devices_{};
  std::array<std::array<std::byte, kMaxFrameHeader>, kCapacity> headers_;
};

}  // namespace avedge::relay
