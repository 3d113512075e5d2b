// Two TCP connections made into one byte stream (RFC 6062 §4.3). Between two plain connections the
// bytes never leave the kernel; TLS on either side brings them through a buffer.
#pragma once

#include <vector>

#include "relay/stream/byte_stream.h"

namespace avedge::relay {

/// One direction of a splice.
class SpliceDirection {
 public:
  enum class State : std::uint8_t {
    wants_to_read,   // nothing waits: wake me when the source has something
    wants_to_write,  // the sink is full: wake me when it takes more, and do not read meanwhile
    again,           // stopped for fairness' sake: there may be more to do at once
    ended  // the source is at its end and everything it said has been passed on, or either
           // side is broken
  };

  /// Bytes that are older than what the source will give.
  void preload(ConstBytes bytes) { waiting_.insert(waiting_.end(), bytes.begin(), bytes.end()); }

  /// Moves what can be moved without waiting, within bounds.
  [[nodiscard]] State run(ByteStream& source, ByteStream& sink);
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] std::uint64_t moved() const { return moved_; }

 private:
  /// Of one run(): what fits a pipe, a few times.
  static constexpr int kRounds = 8;

  [[nodiscard]] State drain_waiting(ByteStream& sink);
  [[nodiscard]] State splice_once(ByteStream& source, ByteStream& sink);
  [[nodiscard]] State copy_once(ByteStream& source, ByteStream& sink);
  [[nodiscard]] bool open_pipe();

  std::vector<std::byte> waiting_;
  std::size_t waiting_from_ = 0;
  FileDescriptor pipe_out_;  // its reading end
  FileDescriptor pipe_in_;   // its writing end
  std::size_t in_pipe_ = 0;
  std::uint64_t moved_ = 0;
  State state_ = State::wants_to_read;
};

}  // namespace avedge::relay
