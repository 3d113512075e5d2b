#include "signaling-shim/sip/tls_handshakes.h"

#include <openssl/err.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>

namespace avedge::sip {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

Time now() {
  return std::chrono::steady_clock::now();
}

error_code tls_error() {
  const unsigned long reason = ERR_get_error();
  if (reason == 0) return asio::error::make_error_code(asio::error::connection_reset);
  return {static_cast<int>(reason), asio::error::get_ssl_category()};
}

/// Moves the connection to another io_context.
error_code move_to(TlsHandshakes::Socket& to, TlsHandshakes::Socket from) {
  error_code failed;
  const auto local = from.local_endpoint(failed);
  if (failed) return failed;
  const int fd = from.release(failed);
  if (failed) return failed;
  to.assign(local.protocol(), fd, failed);
  if (failed) {
    ::close(fd);
    return failed;
  }
  to.non_blocking(true, failed);
  return failed;
}

}  // namespace

/// The state of the handshake thread. Members are for that thread, unless noted.
class TlsHandshakes::Bench {
 public:
  Bench(const Refill& refill, Counters& counters, asio::io_context& home,
        const std::shared_ptr<Waiting>& waiting, std::function<void()> show)
      : refill_{refill},
        counters_{counters},
        home_{home},
        waiting_{waiting},
        show_{std::move(show)},
        bucket_{now(), refill} {}

  struct Handshake {
    Handshake(asio::io_context& io, std::uint64_t named, SslPointer session, Pace wanted)
        : ticket{named}, socket{io}, ssl{std::move(session)}, pace{wanted} {}
    std::uint64_t ticket;
    Socket socket;
    SslPointer ssl;
    Pace pace;
  };
  using HandshakePtr = std::shared_ptr<Handshake>;

  /// Any thread.
  [[nodiscard]] asio::io_context& io() { return io_; }

  void run() {
    const auto work = asio::make_work_guard(io_);
    io_.run();
  }

  void begin(const HandshakePtr& handshake, const error_code& failed) {
    under_way_.emplace(handshake->ticket, handshake);
    if (failed) return finish(handshake, failed);
    if (handshake->pace == Pace::free) return step(handshake);
    // A connection without a ClientHello costs nothing, and does not enter the queue.
    wait(handshake, Socket::wait_read, &Bench::line_up);
  }

  void cancel(std::uint64_t ticket) {
    const auto found = under_way_.find(ticket);
    if (found == under_way_.end()) return;
    error_code ignored;
    found->second->socket.close(ignored);
    under_way_.erase(found);
  }

 private:
  using Next = void (Bench::*)(const HandshakePtr&);

  void wait(const HandshakePtr& handshake, Socket::wait_type event, Next next) {
    handshake->socket.async_wait(event, [this, handshake, next](const error_code& failed) {
      if (!handshake->socket.is_open()) return;  // cancelled
      if (failed) return finish(handshake, failed);
      (this->*next)(handshake);
    });
  }

  void line_up(const HandshakePtr& handshake) {
    line_.push_back(handshake);
    if (line_.size() == 1) serve_line();
  }

  void serve_line() {
    while (!line_.empty()) {
      const HandshakePtr first = line_.front();
      if (first->socket.is_open()) {
        if (!bucket_.take(now(), refill_)) return pause();
        step(first);
      }
      line_.pop_front();
    }
  }

  void pause() {
    counters_.handshake_pauses.add();
    pause_.expires_after(bucket_.until_next(now(), refill_));
    pause_.async_wait([this](const error_code& failed) {
      if (!failed) serve_line();
    });
  }

  void step(const HandshakePtr& handshake) {
    ERR_clear_error();
    const int returned = SSL_do_handshake(handshake->ssl.get());
    if (returned == 1) return finish(handshake, {});
    switch (SSL_get_error(handshake->ssl.get(), returned)) {
      case SSL_ERROR_WANT_READ: return wait(handshake, Socket::wait_read, &Bench::step);
      case SSL_ERROR_WANT_WRITE: return wait(handshake, Socket::wait_write, &Bench::step);
      default: return finish(handshake, tls_error());
    }
  }

  /// Returns it to the home thread, and closes it there if it is no longer awaited.
  void finish(const HandshakePtr& handshake, error_code failed) {
    under_way_.erase(handshake->ticket);
    Socket socket{home_};
    if (!failed) failed = move_to(socket, std::move(handshake->socket));
    if (failed) handshake->ssl.reset();
    asio::post(home_, [waiting = waiting_, show = show_, ticket = handshake->ticket, failed,
                       socket = std::move(socket), ssl = std::move(handshake->ssl)]() mutable {
      const auto still_waiting = waiting.lock();
      if (!still_waiting) return;
      const auto found = still_waiting->find(ticket);
      if (found == still_waiting->end()) return;
      const Done done = std::move(found->second);
      still_waiting->erase(found);
      show();
      done(failed, std::move(socket), std::move(ssl));
    });
  }

  const Refill refill_;
  Counters& counters_;
  asio::io_context& home_;
  const std::weak_ptr<Waiting> waiting_;
  const std::function<void()> show_;  // home thread
  asio::io_context io_{1};
  TokenBucket bucket_;
  asio::steady_timer pause_{io_};
  std::deque<HandshakePtr> line_;  // those whose first step waits for the rate limit
  std::unordered_map<std::uint64_t, HandshakePtr> under_way_;
};

TlsHandshakes::TlsHandshakes(asio::io_context& home, double per_second, Counters& counters)
    : home_{home},
      refill_{per_second, std::max(per_second, 1.0)},
      counters_{counters},
      waiting_{std::make_shared<Waiting>()} {}

TlsHandshakes::~TlsHandshakes() {
  waiting_->clear();
  if (!thread_.joinable()) return;
  bench_->io().stop();
  thread_.join();
}

TlsHandshakes::Ticket TlsHandshakes::begin(Socket socket, SslPointer ssl, Pace pace, Done done) {
  if (bench_ == nullptr) {
    bench_ = std::make_unique<Bench>(refill_, counters_, home_, waiting_, [this] { show(); });
    thread_ = std::thread{[bench = bench_.get()] { bench->run(); }};
  }
  const std::uint64_t ticket = ++last_ticket_;
  auto handshake = std::make_shared<Bench::Handshake>(bench_->io(), ticket, std::move(ssl), pace);
  waiting_->emplace(ticket, std::move(done));
  show();
  error_code failed = move_to(handshake->socket, std::move(socket));
  if (!failed && SSL_set_fd(handshake->ssl.get(), handshake->socket.native_handle()) != 1) {
    failed = asio::error::make_error_code(asio::error::no_memory);
  }
  asio::post(bench_->io(), [bench = bench_.get(), handshake = std::move(handshake), failed] {
    bench->begin(handshake, failed);
  });
  return static_cast<Ticket>(ticket);
}

void TlsHandshakes::cancel(Ticket ticket) {
  const auto name = static_cast<std::uint64_t>(ticket);
  if (waiting_->erase(name) == 0) return;
  show();
  asio::post(bench_->io(), [bench = bench_.get(), name] { bench->cancel(name); });
}

}  // namespace avedge::sip
