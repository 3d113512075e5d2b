// Accepting connections one after the other, and going on when that fails for a while.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>

namespace avedge::net {

/// Base of a listener that is held by a shared_ptr; what is under way keeps it alive. On the thread
/// that runs the io_context only.
template <class Protocol>
class AcceptLoop : public std::enable_shared_from_this<AcceptLoop<Protocol>> {
 public:
  using Socket = typename Protocol::socket;

  virtual ~AcceptLoop() = default;
  AcceptLoop(const AcceptLoop&) = delete;
  AcceptLoop& operator=(const AcceptLoop&) = delete;

  /// Begins; the acceptor listens already.
  void accept() {
    acceptor_.async_accept(
        [self = this->shared_from_this()](boost::system::error_code error, Socket socket) {
          self->on_accept(error, std::move(socket));
        });
  }

 protected:
  explicit AcceptLoop(boost::asio::io_context& io) : acceptor_{io}, pause_{io} {}

  /// A new connection. Whoever does not want it lets it go.
  virtual void serve(Socket socket) = 0;

  void stop_accepting() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }
  [[nodiscard]] typename Protocol::acceptor& acceptor() { return acceptor_; }
  [[nodiscard]] const typename Protocol::acceptor& acceptor() const { return acceptor_; }

 private:
  /// After accept(2) fails for want of descriptors, trying at once again would only spin.
  static constexpr std::chrono::milliseconds kPause{100};

  void on_accept(boost::system::error_code error, Socket socket) {
    if (error == boost::asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (!error) {
      serve(std::move(socket));
      return accept();
    }
    pause_.expires_after(kPause);
    pause_.async_wait([self = this->shared_from_this()](boost::system::error_code cancelled) {
      if (!cancelled) self->accept();
    });
  }

  typename Protocol::acceptor acceptor_;
  boost::asio::steady_timer pause_;
};

}  // namespace avedge::net
