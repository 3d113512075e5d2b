// The sockets of one worker, by id. Ids are reserved by any thread; everything else is the
// worker's.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "relay/core/flow.h"
#include "relay/flows/allocation_bandwidth.h"
#include "relay/flows/connection.h"
#include "relay/ports/atomic_bitmap.h"
#include "relay/ports/leased_socket.h"
#include "relay/sockets/adaptive_receive_buffer.h"

namespace avedge::relay {

// --- UDP: what a datagram can be is told by its first byte on a listener (RFC 7983); on relayed
// addresses and anchors STUN and DTLS are payload -------------------------------------------------

/// For all clients without a connection of their own.
struct UdpListener {
  std::uint16_t index = 0;   // which of the configured listeners this is
  bool admits_plain = true;  // false: DTLS only
  AdaptiveReceiveBuffer buffer;
};
/// One allocation's relayed address.
struct RelayedAddress {
  /// Null: not limited. Shared by the two addresses of one allocation.
  std::shared_ptr<AllocationBandwidth> bandwidth;
};
/// One party of an anchored call.
struct AnchorPort {};
/// Where datagrams for relayed addresses and anchors are redirected to.
struct FanInReceiver {
  AdaptiveReceiveBuffer buffer;
};
/// Raw: ICMP errors about datagrams that relayed addresses sent.
struct IcmpReceiver {};

// --- TCP and DTLS --------------------------------------------------------------------------------

/// A TCP port that listens: one allocation's relayed address (RFC 6062), or where one party of an
/// anchored call connects to.
struct TcpPort {
  ConnectionOwner* owner = nullptr;  // of the connections that it accepts
};
/// A client's TCP or TLS connection, or DTLS session.
struct ClientConnection {
  ConnectionOwner* owner = nullptr;
  MessageTransport* transport = nullptr;
};
/// A party's TCP connection whose frames are datagrams to flows (RFC 4571).
struct PartyConnection {
  ConnectionOwner* owner = nullptr;
  MessageTransport* transport = nullptr;
};
/// A peer's or a party's TCP connection whose bytes pass as they are.
struct ByteConnection {
  ConnectionOwner* owner = nullptr;
};

/// Whatever of a worker's has an id. Closing it (destroying this) gives its port back; connections
/// belong to their owners, and have no descriptor here.
struct Socket : LeasedSocket {
  std::uint32_t served_in = 0;  // the worker's wake-up that last read from it
  /// monostate: no socket.
  std::variant<std::monostate, UdpListener, RelayedAddress, AnchorPort, FanInReceiver, IcmpReceiver,
               TcpPort, ClientConnection, PartyConnection, ByteConnection>
      kind;

  template <class Kind>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<Kind>(kind);
  }
  template <class Kind>
  [[nodiscard]] Kind* as() {
    return std::get_if<Kind>(&kind);
  }
  template <class Kind>
  [[nodiscard]] const Kind* as() const {
    return std::get_if<Kind>(&kind);
  }
};

/// Null for what carries no messages of its own: UDP sockets, ports, byte streams. Per packet.
[[nodiscard]] inline MessageTransport* transport_of(const Socket& socket) {
  if (const auto* client = socket.as<ClientConnection>()) return client->transport;
  if (const auto* party = socket.as<PartyConnection>()) return party->transport;
  return nullptr;
}

/// Null for what is not a connection.
[[nodiscard]] inline ConnectionOwner* owner_of(const Socket& socket) {
  if (const auto* client = socket.as<ClientConnection>()) return client->owner;
  if (const auto* party = socket.as<PartyConnection>()) return party->owner;
  if (const auto* stream = socket.as<ByteConnection>()) return stream->owner;
  return nullptr;
}

/// The buffer of a socket that many senders share; null for others.
[[nodiscard]] inline AdaptiveReceiveBuffer* shared_buffer_of(Socket& socket) {
  if (auto* listener = socket.as<UdpListener>()) return &listener->buffer;
  if (auto* receiver = socket.as<FanInReceiver>()) return &receiver->buffer;
  return nullptr;
}

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
    Socket taken = std::exchange(*find(id), Socket{});
    --size_;
    ids_.give_back(index(id));
    return taken;
  }

  /// Null if there is no such socket. Valid until it is closed.
  [[nodiscard]] Socket* find(SocketId id) {
    const std::size_t page = index(id) / kPageSize;
    if (page >= pages_.size() || pages_[page] == nullptr) return nullptr;
    Socket& slot = (*pages_[page])[index(id) % kPageSize];
    return slot.is<std::monostate>() ? nullptr : &slot;
  }

  [[nodiscard]] const Socket* find(SocketId id) const {
    return const_cast<SocketTable*>(this)->find(id);
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
