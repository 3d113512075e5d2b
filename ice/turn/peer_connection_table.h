// One worker's TCP connections between relayed addresses and peers (RFC 6062).
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "ice/turn/response.h"
#include "relay/core/deadline_queue.h"
#include "relay/core/peer_connections.h"

namespace avedge::turn {

/// CONNECTION-ID (RFC 6062 §6.2.1): the worker in the first 8 bits, and 24 unpredictable ones.
enum class ConnectionId : std::uint32_t {};
[[nodiscard]] constexpr WorkerIndex worker_of(ConnectionId id) {
  return WorkerIndex{static_cast<std::uint8_t>(static_cast<std::uint32_t>(id) >> 24)};
}

/// The value of CONNECTION-ID; nothing if there is none, or if it is malformed.
[[nodiscard]] std::optional<ConnectionId> read_connection_id(const stun::StunView& message);

struct PeerConnection {
  enum class Stage : std::uint8_t {
    connecting,  // the answer to Connect waits for the peer
    waiting,     // … for the client's ConnectionBind
    joined       // one byte stream with a data connection of the client
  };
  ConnectionId id{};
  Stage stage{};
  DeadlineQueue::Index allocation = 0;
  SocketId socket = kNoSocket;
  Endpoint peer;
  /// The answer to Connect.
  std::optional<ResponseTarget> answer;
  /// The client's data connection joined to it.
  SocketId data = kNoSocket;
};

/// References to connections are valid until one is added or removed.
class PeerConnectionTable {
 public:
  explicit PeerConnectionTable(WorkerIndex worker) : worker_{worker} {}

  /// A new one, with its own id.
  PeerConnection& add(PeerConnection connection);
  void remove(ConnectionId id);

  [[nodiscard]] PeerConnection* find(ConnectionId id);
  [[nodiscard]] PeerConnection* find(SocketId socket);
  /// Of that allocation to that peer, or null.
  [[nodiscard]] PeerConnection* find(DeadlineQueue::Index allocation, const Endpoint& peer);
  [[nodiscard]] std::size_t count_of(DeadlineQueue::Index allocation) const;
  [[nodiscard]] std::vector<ConnectionId> all_of(DeadlineQueue::Index allocation) const;
  /// Any one of that allocation's, or null.
  [[nodiscard]] PeerConnection* first_of(DeadlineQueue::Index allocation);

  /// kNever: no deadline.
  void set_deadline(const PeerConnection& connection, Time deadline);
  [[nodiscard]] Time next_deadline() const { return deadlines_.next(); }
  /// One whose deadline has passed, or null.
  [[nodiscard]] PeerConnection* pop_due(Time now);

 private:
  using Slot = DeadlineQueue::Index;
  [[nodiscard]] ConnectionId new_id() const;

  WorkerIndex worker_;
  std::vector<std::optional<PeerConnection>> slots_;
  std::vector<Slot> free_;
  std::unordered_map<ConnectionId, Slot> by_id_;
  std::unordered_map<SocketId, Slot> by_socket_;
  std::unordered_map<DeadlineQueue::Index, std::vector<Slot>> by_allocation_;
  DeadlineQueue deadlines_;
};

}  // namespace avedge::turn
