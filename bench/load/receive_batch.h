// Datagrams that one system call brought, with their senders and the time of their arrival.
#pragma once

#include <sys/socket.h>

#include <array>
#include <vector>

#include "bench/load/arrival_time.h"
#include "relay/core/bytes.h"
#include "relay/sockets/socket_address.h"

namespace avedge::bench {

class ReceiveBatch {
 public:
  static constexpr std::size_t kCapacity = 64;

  /// How many there were; never waits. The next call reuses their buffers.
  std::size_t receive(int descriptor);

  [[nodiscard]] ConstBytes datagram(std::size_t i) const;
  [[nodiscard]] Endpoint sender(std::size_t i) const { return addresses_[i].endpoint(); }
  [[nodiscard]] Clock::time_point arrival(std::size_t i) {
    return arrival_of(messages_[i].msg_hdr);
  }

  /// Sends the first `count` datagrams back to where they came from.
  void echo(int descriptor, std::size_t count);

 private:
  static constexpr std::size_t kSlotSize = 2048;

  std::array<mmsghdr, kCapacity> messages_{};
  std::array<iovec, kCapacity> vectors_{};
  std::array<relay::SocketAddress, kCapacity> addresses_{};
  std::array<ArrivalControl, kCapacity> controls_{};
  std::vector<std::byte> bytes_ = std::vector<std::byte>(kCapacity * kSlotSize);
};

}  // namespace avedge::bench
