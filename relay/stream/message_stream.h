// One TCP or TLS connection that carries messages, as its worker sees it.
#pragma once

#include <vector>

#include "relay/stream/byte_stream.h"
#include "relay/stream/client_connection.h"
#include "relay/stream/frame_queue.h"

namespace avedge::relay {

/// What all connections of a worker share while they send.
struct StreamOutbox {
  Drops& drops;
  const Time& now;              // of the current wake-up
  std::vector<SocketId> dirty;  // links with something to write that have not tried yet
};

class MessageStream : public ClientConnection {
 public:
  /// Once it has its place in a worker; before the first send().
  void enter(StreamOutbox& outbox) { outbox_ = &outbox; }

  enum class Progress : std::uint8_t { all_written, would_block, ended };
  /// Writes what waits, as far as the socket takes it. Stale frames are dropped first.
  [[nodiscard]] Progress flush();

  [[nodiscard]] ByteStream& stream() { return stream_; }
  /// The beginning of a message whose rest has not arrived, or what waits for another worker.
  [[nodiscard]] std::vector<std::byte>& unfinished() { return unfinished_; }

  std::uint32_t interest = 0;  // what epoll watches for

 protected:
  MessageStream(ByteStream stream, const Path& path, Admission admission,
                const FrameQueueLimits& limits)
      : ClientConnection{path, std::move(admission)}, stream_{std::move(stream)}, queue_{limits} {}

  /// Queues `message` between what its framing puts in front and `padding` zeros.
  void enqueue(ConstBytes header, ConstBytes message, std::size_t padding);
  void count(DropReason reason) { outbox_->drops.count(reason); }

 private:
  [[nodiscard]] ConstBytes next_bytes() const;
  void count_dropped(std::size_t frames);

  ByteStream stream_;
  FrameQueue queue_;
  std::vector<std::byte> unfinished_;
  StreamOutbox* outbox_ = nullptr;
  bool is_dirty_ = false;
};

}  // namespace avedge::relay
