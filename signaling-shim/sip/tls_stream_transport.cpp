#include "signaling-shim/sip/tls_stream_transport.h"

#include <openssl/err.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "relay/core/endpoint.h"
#include "signaling-shim/sip/certificate_identity.h"

namespace avedge::sip {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Socket = TlsHandshakes::Socket;

class TlsStreamTransport : public StreamTransport {
 public:
  TlsStreamTransport(Socket socket, SslPointer session, TlsExpectation expected,
                     TlsHandshakes& handshakes)
      : socket_{std::move(socket)},
        ssl_{std::move(session)},
        expected_{std::move(expected)},
        handshakes_{handshakes} {}

  Socket& socket() override { return socket_; }

  void open(Opened done) override {
    if (ssl_ == nullptr) return done(make_error_code(boost::system::errc::not_enough_memory));
    ticket_ = handshakes_.begin(
        std::move(socket_), std::move(ssl_), expected_.pace,
        [this, done = std::move(done)](const error_code& failed, Socket socket, SslPointer ssl) {
          ticket_ = TlsHandshakes::Ticket::none;
          socket_ = std::move(socket);
          ssl_ = std::move(ssl);
          done(failed ? failed : judge());
        });
  }

  void read(asio::mutable_buffer into, Transferred done) override {
    ERR_clear_error();
    const int size = SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size()));
    if (size > 0) return report(static_cast<std::size_t>(size), std::move(done));
    retry(size, std::move(done), [this, into](Transferred again) { read(into, std::move(again)); });
  }

  /// OpenSSL writes all or nothing, and receives the same bytes again.
  void write(asio::const_buffer bytes, Transferred done) override {
    ERR_clear_error();
    const int size = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (size > 0) return report(static_cast<std::size_t>(size), std::move(done));
    retry(size, std::move(done),
          [this, bytes](Transferred again) { write(bytes, std::move(again)); });
  }

  void close() override {
    handshakes_.cancel(ticket_);
    error_code ignored;
    socket_.close(ignored);
  }

  bool has_verified_peer() const override {
    return SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE &&
           SSL_get0_peer_certificate(ssl_.get()) != nullptr;
  }

 private:
  /// The chain, if any, has been verified; checks the peer's name.
  error_code judge() {
    if (expected_.names.empty()) return {};
    const secure::CertificatePointer certificate{SSL_get1_peer_certificate(ssl_.get())};
    const bool known =
        certificate && CertificateIdentity::of(certificate.get()).covers_any(expected_.names);
    return known ? error_code{} : make_error_code(boost::system::errc::permission_denied);
  }

  /// Not from within read() or write(): the handler starts another operation.
  void report(std::size_t size, Transferred done) {
    asio::post(socket_.get_executor(), [done = std::move(done), size] { done({}, size); });
  }

  template <class Again>
  void retry(int returned, Transferred done, Again again) {
    const int reason = SSL_get_error(ssl_.get(), returned);
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
      return asio::post(socket_.get_executor(), [done = std::move(done)] {
        done(make_error_code(boost::system::errc::connection_reset), 0);
      });
    }
    const auto event = reason == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write;
    socket_.async_wait(event, [this, done = std::move(done), again](const error_code& failed) {
      if (failed || !socket_.is_open()) {
        return done(failed ? failed : asio::error::make_error_code(asio::error::operation_aborted),
                    0);
      }
      again(done);
    });
  }

  Socket socket_;
  SslPointer ssl_;
  TlsExpectation expected_;
  TlsHandshakes& handshakes_;
  TlsHandshakes::Ticket ticket_ = TlsHandshakes::Ticket::none;
};

void ask_by_name(SSL* session, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (IpAddress::parse(name)) continue;
    SSL_set_tlsext_host_name(session, name.c_str());
    return;
  }
}

}  // namespace

std::unique_ptr<StreamTransport> tls_stream_transport(asio::ip::tcp::socket socket,
                                                      SSL_CTX* context, TlsExpectation expected,
                                                      TlsHandshakes& handshakes) {
  SslPointer session{SSL_new(context)};
  if (session && expected.end == TlsEnd::accepts) {
    SSL_set_accept_state(session.get());
  } else if (session) {
    SSL_set_connect_state(session.get());
    ask_by_name(session.get(), expected.names);
  }
  return std::make_unique<TlsStreamTransport>(std::move(socket), std::move(session),
                                              std::move(expected), handshakes);
}

}  // namespace avedge::sip
