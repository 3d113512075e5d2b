#include "relay/stream/tcp_splice.h"

#include <fcntl.h>

#include <array>
#include <cerrno>

namespace avedge::relay {
namespace {

/// The capacity of a pipe unless somebody changes it.
constexpr std::size_t kPipe = 65'536;

bool would_block(ssize_t returned) {
  return returned < 0 && (errno == EAGAIN || errno == EINTR);
}

}  // namespace

SpliceDirection::State SpliceDirection::run(ByteStream& source, ByteStream& sink) {
  state_ = drain_waiting(sink);
  for (int round = 0; round < kRounds && state_ == State::again; ++round) {
    const bool in_kernel = source.is_plain() && sink.is_plain() && (in_pipe_ > 0 || open_pipe());
    state_ = in_kernel ? splice_once(source, sink) : copy_once(source, sink);
  }
  return state_;
}

/// What was read and not yet written. `again` when nothing of it is left.
SpliceDirection::State SpliceDirection::drain_waiting(ByteStream& sink) {
  while (waiting_from_ < waiting_.size()) {
    const StreamIo io = sink.write(ConstBytes{waiting_}.subspan(waiting_from_));
    if (io.result == StreamIo::Result::ended) return State::ended;
    if (io.result == StreamIo::Result::would_block) return State::wants_to_write;
    waiting_from_ += io.bytes;
    moved_ += io.bytes;
  }
  waiting_.clear();
  waiting_from_ = 0;
  return State::again;
}

SpliceDirection::State SpliceDirection::splice_once(ByteStream& source, ByteStream& sink) {
  constexpr unsigned kFlags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
  if (in_pipe_ == 0) {
    const ssize_t taken = splice(source.fd(), nullptr, pipe_in_.get(), nullptr, kPipe, kFlags);
    if (would_block(taken)) return State::wants_to_read;
    if (taken <= 0) return State::ended;
    in_pipe_ = static_cast<std::size_t>(taken);
  }
  const ssize_t given = splice(pipe_out_.get(), nullptr, sink.fd(), nullptr, in_pipe_, kFlags);
  if (would_block(given)) return State::wants_to_write;
  if (given <= 0) return State::ended;
  in_pipe_ -= static_cast<std::size_t>(given);
  moved_ += static_cast<std::uint64_t>(given);
  return State::again;
}

SpliceDirection::State SpliceDirection::copy_once(ByteStream& source, ByteStream& sink) {
  std::array<std::byte, ByteStream::kTlsRecord> buffer;
  const StreamIo io = source.read(buffer);
  if (io.result == StreamIo::Result::would_block) return State::wants_to_read;
  if (io.result == StreamIo::Result::ended) return State::ended;
  preload(ConstBytes{buffer}.first(io.bytes));
  return drain_waiting(sink);
}

bool SpliceDirection::open_pipe() {
  if (pipe_in_.is_open()) return true;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return false;
  pipe_out_ = FileDescriptor{ends[0]};
  pipe_in_ = FileDescriptor{ends[1]};
  return true;
}

}  // namespace avedge::relay
