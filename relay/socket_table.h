// The sockets of one worker, by id. Ids are reserved by any thread; everything else is the
// worker's.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "relay/atomic_bitmap.h"
#include "relay/core/flow.h"
#include "relay/file_descriptor.h"
#include "relay/port_pool.h"

namespace avedge::relay {

/// What a packet on this socket can be (a listener classifies by first byte, RFC 7983; on the
/// others STUN and DTLS are payload).
enum class SocketRole : std::uint8_t { listener, relay, anchor };

/// One UDP socket. Closing it (destroying this) gives its port back.
struct UdpSocket {
  PortLease lease;  // listeners have none; before fd, so that the port is free after it is closed
  FileDescriptor fd;
  SocketRole role = SocketRole::relay;
  Endpoint local;
  Endpoint advertised;
};

class SocketTable {
 public:
  explicit SocketTable(std::size_t capacity)
      : ids_{capacity}, pages_((capacity + kPageSize - 1) / kPageSize) {}

  /// Reserves an id, for add(). Any thread. Nothing when the table is full.
  [[nodiscard]] std::optional<SocketId> reserve() {
    const auto slot = ids_.take(0, [](std::size_t) { return true; });
    if (!slot) return std::nullopt;
    return SocketId{static_cast<std::uint32_t>(*slot)};
  }
  /// Gives back an id that was never added. Any thread.
  void cancel(SocketId id) { ids_.give_back(index(id)); }

  UdpSocket& add(SocketId id, UdpSocket socket) {
    auto& page = pages_[index(id) / kPageSize];
    if (page == nullptr) page = std::make_unique<Page>();
    UdpSocket& slot = (*page)[index(id) % kPageSize];
    slot = std::move(socket);
    ++size_;
    return slot;
  }

  /// Closes the socket and frees its id and port. Unknown ids are ignored.
  void close(SocketId id) {
    if (find(id) != nullptr) static_cast<void>(take(id));
  }

  /// Frees the id of a socket that is there, and gives the socket away.
  UdpSocket take(SocketId id) {
    UdpSocket taken = std::move(*find(id));
    --size_;
    ids_.give_back(index(id));
    return taken;
  }

  /// Null if there is no such socket. Valid until it is closed.
  [[nodiscard]] UdpSocket* find(SocketId id) {
    const std::size_t page = index(id) / kPageSize;
    if (page >= pages_.size() || pages_[page] == nullptr) return nullptr;
    UdpSocket& slot = (*pages_[page])[index(id) % kPageSize];
    return slot.fd.is_open() ? &slot : nullptr;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kPageSize = 64;
  using Page = std::array<UdpSocket, kPageSize>;

  static std::size_t index(SocketId id) { return static_cast<std::size_t>(id); }

  AtomicBitmap ids_;
  std::vector<std::unique_ptr<Page>> pages_;  // made on first use, never moved
  std::size_t size_ = 0;
};

}  // namespace avedge::relay
