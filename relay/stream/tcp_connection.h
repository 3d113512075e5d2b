// One TCP or TLS connection, whatever it is for: a client of TURN, a peer of a relayed address (RFC
// 6062), a party of an anchored call.
#pragma once

#include <optional>
#include <vector>

#include "relay/core/counters.h"
#include "relay/stream/byte_stream.h"
#include "relay/stream/client_transport.h"
#include "relay/stream/frame_queue.h"
#include "relay/stream/stream_codec.h"
#include "relay/stream/tcp_splice.h"

namespace avedge::relay {

/// What all connections of a worker share while they send.
struct StreamOutbox {
  Drops& drops;
  const Time& now;              // of the current wake-up
  std::vector<SocketId> dirty;  // connections with something to write that have not tried yet
};

/// One worker's, on its thread; moves between threads while it has no place in a worker.
class TcpConnection final : public ClientTransport {
 public:
  enum class Stage : std::uint8_t {
    connecting,
    held,            // nothing is read: what arrives waits in the kernel until its use is known
    awaiting_frame,  // its first RFC 4571 frame is awaited, and stays in the kernel
    messages,        // its codec cuts what arrives into messages
    spliced          // one byte stream with its partner
  };

  /// The bytes that go to another connection.
  struct Splice {
    SocketId partner = kNoSocket;
    SpliceDirection to_partner;
    std::optional<Direction> counted_as;  // nothing: not counted
    Time last_activity{};                 // when bytes last moved
  };

  /// `path`: without a socket until enter(). `port`: the listening socket that it came by, or
  /// leaves from; kNoSocket for clients, whose ports no worker has.
  TcpConnection(ByteStream stream, const Path& path, SocketId port, Admission admission = {},
                const FrameQueueLimits& limits = {})
      : ClientTransport{path, std::move(admission)},
        stream_{std::move(stream)},
        port_{port},
        queue_{limits} {}

  /// It has its place in a worker now. Before the first send().
  void enter(SocketId id, StreamOutbox& outbox);
  /// In stage `messages` from now on.
  void speak(const StreamCodec& codec) {
    codec_ = &codec;
    stage = Stage::messages;
  }

  /// Queues one message. In stage `messages`, or what was sent before and still waits.
  void send(ConstBytes message) override;
  enum class Progress : std::uint8_t { all_written, would_block, ended };
  /// Writes what waits, as far as the socket takes it. Stale messages are dropped first.
  [[nodiscard]] Progress flush();

  [[nodiscard]] ByteStream& stream() { return stream_; }
  [[nodiscard]] const StreamCodec& codec() const { return *codec_; }
  [[nodiscard]] SocketId id() const { return path().socket; }
  [[nodiscard]] SocketId port() const { return port_; }
  /// The beginning of a message whose rest has not arrived, or what waits for another worker.
  [[nodiscard]] std::vector<std::byte>& unfinished() { return unfinished_; }

  Stage stage = Stage::held;
  std::optional<Splice> splice;  // in stage `spliced`
  std::uint32_t interest = 0;    // what epoll watches for
  bool is_doomed = false;        // to be ended soon

 private:
  [[nodiscard]] ConstBytes next_bytes() const;
  void count_dropped(std::size_t messages);

  ByteStream stream_;
  SocketId port_;
  FrameQueue queue_;
  const StreamCodec* codec_ = nullptr;
  std::vector<std::byte> unfinished_;
  StreamOutbox* outbox_ = nullptr;
  bool is_dirty_ = false;
};

}  // namespace avedge::relay
