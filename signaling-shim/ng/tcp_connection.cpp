#include "signaling-shim/ng/tcp_connection.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <chrono>

#include "signaling-shim/ng/peer_name.h"
#include "signaling-shim/ng/stream_framer.h"

namespace avedge::ng {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

/// Reads, answers all that is whole, writes, reads on: a client that does not take its answers is
/// not listened to either.
class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
 public:
  TcpConnection(asio::ip::tcp::socket socket, ConnectionSlot slot)
      : stream_{std::move(socket)},
        peer_{peer_name("tcp", stream_.socket())},
        slot_{std::move(slot)} {
    slot_.set_close([this] { stream_.close(); });
  }

  void read() {
    arm_deadline();
    stream_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](
                                                       const error_code& failed, std::size_t size) {
      if (!failed) self->take({self->buffer_.data(), size});
    });
  }

 private:
  /// One deadline for a whole message: a byte now and then does not extend it.
  void arm_deadline() {
    if (!framer_.mid_message()) {
      begun_.reset();
      return stream_.expires_after(slot_->limits.idle_timeout);
    }
    if (!begun_) begun_ = Clock::now();
    stream_.expires_at(*begun_ + slot_->limits.message_timeout);
  }

  void take(std::string_view bytes) {
    framer_.feed(bytes);
    replies_.clear();
    for (;;) {
      if (slot_->handler == nullptr) return;
      const auto found = framer_.next();
      if (found.kind == StreamFramer::Kind::broken) {
        slot_->counters->drops.count(DropReason::ng_malformed);
        is_broken_ = true;
      }
      if (found.kind != StreamFramer::Kind::message) break;
      begun_.reset();
      slot_.made_progress();
      replies_ += slot_->handler->on_message(peer_, found.message).value_or("");
    }
    write();
  }

  void write() {
    if (replies_.empty()) return go_on();
    stream_.expires_after(slot_->limits.message_timeout);
    asio::async_write(stream_, asio::buffer(replies_),
                      [self = shared_from_this()](const error_code& failed, std::size_t) {
                        if (!failed) self->go_on();
                      });
  }

  /// Letting go of a broken connection closes it.
  void go_on() {
    if (!is_broken_) read();
  }

  boost::beast::tcp_stream stream_;
  std::string peer_;
  ConnectionSlot slot_;
  StreamFramer framer_;
  std::optional<Clock::time_point> begun_;  // when the message that is not whole yet began
  std::array<char, 16'384> buffer_;
  std::string replies_;
  bool is_broken_ = false;
};

}  // namespace

void serve_tcp(asio::ip::tcp::socket socket, ConnectionSlot slot) {
  std::make_shared<TcpConnection>(std::move(socket), std::move(slot))->read();
}

}  // namespace avedge::ng
