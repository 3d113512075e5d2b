// Packets of one burst on their way into the kernel: one sendmmsg for all neighbours that leave by
// the same socket.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <memory>

#include "relay/core/bytes.h"
#include "relay/sockets/socket_address.h"

namespace avedge::bench {

class SendQueue {
 public:
  static constexpr std::size_t kCapacity = 64;
  static constexpr std::size_t kSlotSize = 2048;

  SendQueue();
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  /// A slot to write the next packet into, for push(). Flushes if `descriptor` is another one than
  /// before or no slot is left.
  Bytes slot(int descriptor);
  /// `packet` lies within the slot.
  void push(ConstBytes packet, const Endpoint& to);
  void flush();

  /// Packets that the kernel refused for good.
  [[nodiscard]] std::uint64_t errors() const { return errors_; }

 private:
  int descriptor_ = -1;
  std::size_t count_ = 0;
  std::uint64_t errors_ = 0;
  std::array<mmsghdr, kCapacity> messages_{};
  std::array<iovec, kCapacity> vectors_{};
  std::array<relay::SocketAddress, kCapacity> addresses_{};
  std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace avedge::bench
