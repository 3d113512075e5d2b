// The sockets of one worker, by id. Ids are reserved by any thread; everything else is the
// worker's.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "relay/core/flow.h"
#include "relay/forwarding/allocation_bandwidth.h"
#include "relay/ports/atomic_bitmap.h"
#include "relay/ports/port_pool.h"
#include "relay/sockets/adaptive_receive_buffer.h"
#include "relay/sockets/file_descriptor.h"
#include "relay/stream/anchor_tcp_connection.h"
#include "relay/stream/client_connection.h"
#include "relay/stream/peer_connection.h"

namespace avedge::relay {

/// What a packet on this socket can be (a listener classifies by first byte, RFC 7983; on relays
/// and anchors STUN and DTLS are payload).
enum class SocketRole : std::uint8_t {
  listener,     // UDP, for all clients without a session below
  relay,        // UDP, one allocation's relayed address
  anchor,       // UDP, one party of an anchored call
  fan_in,       // UDP, where what arrives for relays and anchors is steered to
  icmp,         // raw, what is said about datagrams that relays sent
  client,       // one client's TCP or TLS connection
  dtls_client,  // one client's DTLS session, behind a listener
  tcp_relay,    // TCP, one allocation's relayed address (RFC 6062)
  peer,         // TCP, a connection of that address with a peer
  tcp_anchor,   // TCP, where one party of an anchored call connects to
  party,        // TCP, a connection of that port with a party
  framed        // … whose frames are datagrams to flows
};

/// Whatever of a worker's has an id. Closing it (destroying this) gives its port back.
struct Socket {
  PortLease lease;  // of relayed addresses; before fd, so that the port is free after it is closed
  FileDescriptor fd;                           // of UDP sockets and of TCP ports that listen
  std::unique_ptr<ClientConnection> client;    // of a client's connection or session
  std::unique_ptr<PeerConnection> peer;        // of a peer's connection
  std::unique_ptr<AnchorTcpConnection> party;  // of a party's connection
  /// Of relayed UDP addresses, if limited; shared by the two addresses of one allocation.
  std::shared_ptr<AllocationBandwidth> bandwidth;
  SocketRole role = SocketRole::relay;
  std::uint16_t listener = 0;   // which of the configured listeners this is
  bool admits_plain = true;     // a listener for DTLS only has no use for anything else
  std::uint32_t served_in = 0;  // the worker's wake-up that last read from it
  std::optional<AdaptiveReceiveBuffer> queue;  // of listeners and fan_in
  Endpoint local;
  Endpoint advertised;

  [[nodiscard]] bool is_open() const {
    return fd.is_open() || client != nullptr || peer != nullptr || party != nullptr;
  }
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

  Socket& add(SocketId id, Socket socket) {
    auto& page = pages_[index(id) / kPageSize];
    if (page == nullptr) page = std::make_unique<Page>();
    Socket& slot = (*page)[index(id) % kPageSize];
    slot = std::move(socket);
    ++size_;
    return slot;
  }

  /// Closes the socket and frees its id and port. Unknown ids are ignored.
  void close(SocketId id) {
    if (find(id) != nullptr) static_cast<void>(take(id));
  }

  /// Frees the id of an existing socket, and returns the socket.
  Socket take(SocketId id) {
    Socket taken = std::move(*find(id));
    --size_;
    ids_.give_back(index(id));
    return taken;
  }

  /// Null if there is no such socket. Valid until it is closed.
  [[nodiscard]] Socket* find(SocketId id) {
    const std::size_t page = index(id) / kPageSize;
    if (page >= pages_.size() || pages_[page] == nullptr) return nullptr;
    Socket& slot = (*pages_[page])[index(id) % kPageSize];
    return slot.is_open() ? &slot : nullptr;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kPageSize = 64;
  using Page = std::array<Socket, kPageSize>;

  static std::size_t index(SocketId id) { return static_cast<std::size_t>(id); }

  AtomicBitmap ids_;
  std::vector<std::unique_ptr<Page>> pages_;  // made on first use, never moved
  std::size_t size_ = 0;
};

}  // namespace avedge::relay
