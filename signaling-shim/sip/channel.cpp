#include "signaling-shim/sip/channel.h"

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "relay/secure/openssl_pointers.h"

namespace avedge::sip {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class PlainChannel : public Channel {
 public:
  explicit PlainChannel(asio::ip::tcp::socket socket) : socket_{std::move(socket)} {}

  asio::ip::tcp::socket& socket() override { return socket_; }
  void open(Opened done) override { done({}); }
  void read(asio::mutable_buffer into, Transferred done) override {
    socket_.async_read_some(into, std::move(done));
  }
  void write(asio::const_buffer bytes, Transferred done) override {
    asio::async_write(socket_, bytes, std::move(done));
  }

 private:
  asio::ip::tcp::socket socket_;
};

/// Asio's own kind of context, which shares OpenSSL's.
asio::ssl::context shared(SSL_CTX* context) {
  SSL_CTX_up_ref(context);
  return asio::ssl::context{context};
}

class TlsChannel : public Channel {
 public:
  TlsChannel(asio::ip::tcp::socket socket, asio::ssl::context context, TlsExpectation expected)
      : stream_{std::move(socket), context}, expected_{std::move(expected)} {}

  asio::ip::tcp::socket& socket() override { return stream_.next_layer(); }

  void open(Opened done) override {
    if (expected_.end == TlsEnd::connects) ask_by_name();
    const auto side = expected_.end == TlsEnd::accepts ? asio::ssl::stream_base::server
                                                       : asio::ssl::stream_base::client;
    stream_.async_handshake(side, [this, done = std::move(done)](const error_code& failed) {
      done(failed ? failed : judge());
    });
  }
  void read(asio::mutable_buffer into, Transferred done) override {
    stream_.async_read_some(into, std::move(done));
  }
  void write(asio::const_buffer bytes, Transferred done) override {
    asio::async_write(stream_, bytes, std::move(done));
  }

 private:
  void ask_by_name() {
    for (const std::string& name : expected_.names) {
      if (IpAddress::parse(name)) continue;
      SSL_set_tlsext_host_name(stream_.native_handle(), name.c_str());
      return;
    }
  }

  /// The chain is good by now, if there is one; is it whom we meant?
  error_code judge() {
    if (expected_.names.empty()) return {};
    const secure::CertificatePointer certificate{
        SSL_get1_peer_certificate(stream_.native_handle())};
    const bool known =
        certificate && CertificateIdentity::of(certificate.get()).covers_any(expected_.names);
    return known ? error_code{} : make_error_code(boost::system::errc::permission_denied);
  }

  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  TlsExpectation expected_;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(asio::ip::tcp::socket socket) {
  return std::make_unique<PlainChannel>(std::move(socket));
}

std::unique_ptr<Channel> tls_channel(asio::ip::tcp::socket socket, SSL_CTX* context,
                                     TlsExpectation expected) {
  return std::make_unique<TlsChannel>(std::move(socket), shared(context), std::move(expected));
}

}  // namespace avedge::sip
