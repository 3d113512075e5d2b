#include "signaling-shim/sip/tcp_connection.h"

#include <utility>

#include "signaling-shim/net/asio_sockets.h"

namespace avedge::sip {
namespace {

/// Overhead of a queued message besides its bytes: thousands of two-byte pongs must count as well.
constexpr std::size_t kQueueOverhead = sizeof(Send);
constexpr std::chrono::seconds kTick{1};

}  // namespace

void TcpConnection::connect() {
  stream_->socket().async_connect(
      net::to_asio<boost::asio::ip::tcp>(peer_.remote),
      [self = shared_from_this()](const boost::system::error_code& failed) {
        if (self->state_ != State::connecting) return;
        self->pending_ = {};
        failed ? self->close() : self->start();
      });
}

void TcpConnection::start() {
  boost::system::error_code ignored;  // optional settings
  stream_->socket().set_option(boost::asio::ip::tcp::no_delay{true}, ignored);
  stream_->socket().set_option(boost::asio::socket_base::keep_alive{true}, ignored);
  securing_ = true;
  stream_->open([self = shared_from_this()](const boost::system::error_code& failed) {
    if (self->state_ == State::connecting) self->serve(failed);
  });
}

void TcpConnection::serve(const boost::system::error_code& failed) {
  securing_ = false;
  if (failed) {
    owner_->on_unsecured(failed);
    return close();
  }
  state_ = State::open;
  pending_ = {};
  owner_->on_open(peer_, stream_->has_verified_peer());
  read();
  write_next();
}

void TcpConnection::read() {
  stream_->read(
      boost::asio::buffer(buffer_),
      [self = shared_from_this()](const boost::system::error_code& failed, std::size_t size) {
        if (self->state_ != State::open) return;
        if (failed) return self->close();
        self->idle_ = {};
        self->framer_.feed({self->buffer_.data(), size});
        self->take_frames();
        if (self->state_ != State::open) return;
        if (!self->owner_->may_hold(self->peer_, self->framer_.held())) return self->close();
        self->read();
      });
}

void TcpConnection::take_frames() {
  while (state_ == State::open) {
    const StreamFramer::Frame frame = framer_.next();
    switch (frame.kind) {
      case StreamFramer::Kind::incomplete: return;
      case StreamFramer::Kind::ping: write("\r\n"); break;  // RFC 5626 §4.4.1
      case StreamFramer::Kind::message:
        pending_ = {};
        owner_->on_frame(peer_, frame.bytes);
        break;
      case StreamFramer::Kind::too_long:
      case StreamFramer::Kind::broken: return break_off(frame);
    }
  }
}

/// Nothing can be found after it. A readable head is answered, and counted there.
void TcpConnection::break_off(const StreamFramer::Frame& frame) {
  if (frame.bytes.empty()) {
    owner_->on_broken(peer_);
  } else if (frame.kind == StreamFramer::Kind::too_long) {
    owner_->on_too_long(peer_, frame.bytes);
  } else {
    owner_->on_frame(peer_, frame.bytes);
  }
  finish();
}

void TcpConnection::send(Send message) {
  if (state_ == State::closing || state_ == State::closed) return;
  queued_bytes_ += message.bytes.size() + kQueueOverhead;
  queue_.push_back(std::move(message));
  if (queued_bytes_ > limits_.write_queue) return close();
  write_next();
}

void TcpConnection::write(std::string bytes) {
  send({peer_, std::move(bytes)});
}

void TcpConnection::write_next() {
  const bool established = state_ == State::open || state_ == State::closing;
  if (!established || writing_ || queue_.empty()) return;
  writing_ = true;
  stream_->write(boost::asio::buffer(queue_.front().bytes),
                 [self = shared_from_this()](const boost::system::error_code& failed, std::size_t) {
                   self->writing_ = false;
                   if (self->state_ == State::closed) return;
                   if (failed) return self->close();
                   self->idle_ = {};
                   self->queued_bytes_ -= self->queue_.front().bytes.size() + kQueueOverhead;
                   self->queue_.pop_front();
                   if (self->state_ == State::closing && self->queue_.empty()) return self->close();
                   self->write_next();
                 });
}

/// Stops reading; queued messages still leave.
void TcpConnection::finish() {
  if (state_ != State::open) return;
  state_ = State::closing;
  pending_ = {};
  if (queue_.empty()) close();
}

void TcpConnection::tick() {
  idle_ += kTick;
  const bool unfinished =
      state_ == State::connecting || state_ == State::closing || framer_.mid_message();
  pending_ = unfinished ? pending_ + kTick : std::chrono::seconds{};
  const auto patience =
      state_ == State::connecting ? limits_.connect_timeout : limits_.message_timeout;
  if (idle_ < limits_.idle_timeout && pending_ < patience) return;
  if (securing_) owner_->on_unsecured(make_error_code(boost::system::errc::timed_out));
  close();
}

void TcpConnection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  stream_->close();
  std::vector<Send> unsent;
  // A write in progress still uses the front's bytes, so they are copied, not moved.
  for (const Send& message : queue_) {
    if (message.bytes != "\r\n") unsent.push_back(message);
  }
  owner_->on_closed(peer_, std::move(unsent));
}

}  // namespace avedge::sip
