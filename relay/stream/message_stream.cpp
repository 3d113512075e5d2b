#include "relay/stream/message_stream.h"

namespace avedge::relay {

void MessageStream::enqueue(ConstBytes header, ConstBytes message, std::size_t padding) {
  count_dropped(queue_.push(outbox_->now, header, message, padding));
  if (is_dirty_) return;
  is_dirty_ = true;
  outbox_->dirty.push_back(path().socket);
}

MessageStream::Progress MessageStream::flush() {
  is_dirty_ = false;
  count_dropped(queue_.drop_stale(outbox_->now));
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
ConstBytes MessageStream::next_bytes() const {
  return stream_.is_plain() ? queue_.bytes() : queue_.first_frame();
}

void MessageStream::count_dropped(std::size_t frames) {
  for (; frames > 0; --frames) count(DropReason::stream_queue_full);
}

}  // namespace avedge::relay
