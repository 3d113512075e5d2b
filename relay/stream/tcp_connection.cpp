#include "relay/stream/tcp_connection.h"

namespace avedge::relay {

void TcpConnection::enter(SocketId id, StreamOutbox& outbox) {
  set_socket(id);
  outbox_ = &outbox;
  is_dirty_ = !queue_.empty();  // an answer may have come along from another worker
  if (is_dirty_) outbox.dirty.push_back(id);
}

void TcpConnection::send(ConstBytes message) {
  const auto framing = codec_->framing_of(message);
  if (!framing) return outbox_->drops.count(framing.reason());
  const ConstBytes header = ConstBytes{framing->header}.first(framing->header_size);
  count_dropped(queue_.push(outbox_->now, header, message, framing->padding));
  if (is_dirty_) return;
  is_dirty_ = true;
  outbox_->dirty.push_back(id());
}

TcpConnection::Progress TcpConnection::flush() {
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
ConstBytes TcpConnection::next_bytes() const {
  return stream_.is_plain() ? queue_.bytes() : queue_.first_frame();
}

void TcpConnection::count_dropped(std::size_t messages) {
  for (; messages > 0; --messages) outbox_->drops.count(DropReason::stream_queue_full);
}

}  // namespace avedge::relay
