// The thread that runs SIP's TLS handshakes: their private-key operations must not delay other
// messages.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_map>

#include "relay/secure/openssl_pointers.h"
#include "signaling-shim/sip/counters.h"
#include "signaling-shim/sip/token_bucket.h"

namespace avedge::sip {

using SslPointer = std::unique_ptr<SSL, secure::FreeWith<&SSL_free>>;

/// All members are for the home thread, the one that runs `home`. The thread starts with the first
/// handshake and inherits that thread's signal mask. OpenSSL writes without MSG_NOSIGNAL: the
/// program ignores SIGPIPE.
class TlsHandshakes {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  /// Called on the home thread: the socket and its session, both empty on failure.
  using Done = std::function<void(const boost::system::error_code&, Socket, SslPointer)>;
  enum class Ticket : std::uint64_t { none = 0 };
  /// The rate of unproven sources' handshakes is limited; next hops do not wait for it.
  enum class Pace : std::uint8_t { limited, free };

  /// `home` and `counters` outlive this. At most `per_second` limited handshakes begin in a second;
  /// the others wait in the order in which their first bytes arrived.
  TlsHandshakes(boost::asio::io_context& home, double per_second, Counters& counters);
  /// No handler is called afterwards.
  ~TlsHandshakes();
  TlsHandshakes(const TlsHandshakes&) = delete;
  TlsHandshakes& operator=(const TlsHandshakes&) = delete;

  /// `socket` is connected, `ssl` knows its role. The caller cancels after its own time-out.
  Ticket begin(Socket socket, SslPointer ssl, Pace pace, Done done);
  /// Closes the socket; `done` is not called. No effect if it has been.
  void cancel(Ticket ticket);

 private:
  class Bench;
  using Waiting = std::unordered_map<std::uint64_t, Done>;

  void show() { counters_.handshakes.set(static_cast<std::int64_t>(waiting_->size())); }

  boost::asio::io_context& home_;
  Refill refill_;
  Counters& counters_;
  std::uint64_t last_ticket_ = 0;
  std::shared_ptr<Waiting> waiting_;  // handlers posted to the home thread hold it weakly
  std::unique_ptr<Bench> bench_;
  std::thread thread_;
};

}  // namespace avedge::sip
