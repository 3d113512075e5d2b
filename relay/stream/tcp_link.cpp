#include "relay/stream/tcp_link.h"

#include "relay/core/turn_framing.h"

namespace avedge::relay {

void TcpLink::send(ConstBytes message) {
  std::size_t dropped = queue_.push(outbox_->now, message, padding_of(message.size()));
  for (; dropped > 0; --dropped) outbox_->drops.count(DropReason::stream_queue_full);
  if (is_dirty_) return;
  is_dirty_ = true;
  outbox_->dirty.push_back(path().socket);
}

TcpLink::Progress TcpLink::flush() {
  is_dirty_ = false;
  std::size_t dropped = queue_.drop_stale(outbox_->now);
  for (; dropped > 0; --dropped) outbox_->drops.count(DropReason::stream_queue_full);
  while (!queue_.empty()) {
    const ConstBytes bytes = next_bytes();
    const StreamIo io = stream_.write(bytes);
    switch (io.result) {
      case StreamIo::Result::moved: queue_.consume(io.bytes); break;
      case StreamIo::Result::would_block:
        if (!stream_.is_plain()) queue_.pin(std::min(bytes.size(), ByteStream::kTlsRecord));
        return Progress::would_block;
      case StreamIo::Result::ended: return Progress::ended;
    }
  }
  return Progress::all_written;
}

/// A TLS record carries one message: clients exist that take what one read of a TLS connection
/// yields for one message (coturn's do).
ConstBytes TcpLink::next_bytes() const {
  return stream_.is_plain() ? queue_.bytes() : queue_.first_frame();
}

}  // namespace avedge::relay
