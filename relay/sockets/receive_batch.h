// Datagrams as they come from one socket, by one system call: into the buffers of a PacketRing,
// with what the kernel says about each.
#pragma once

#include <sys/socket.h>

#include <array>

#include "relay/core/bytes.h"
#include "relay/sockets/ancillary.h"
#include "relay/sockets/packet_ring.h"
#include "relay/sockets/socket_address.h"

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
  [[nodiscard]] const Ancillary& ancillary(std::size_t index) const { return ancillary_[index]; }

 private:
  PacketRing& ring_;
  std::array<mmsghdr, kCapacity> messages_{};
  std::array<iovec, kCapacity> vectors_{};
  std::array<SocketAddress, kCapacity> sources_;
  std::array<AncillaryBuffer, kCapacity> buffers_;
  std::array<Ancillary, kCapacity> ancillary_;
};

}  // namespace avedge::relay
