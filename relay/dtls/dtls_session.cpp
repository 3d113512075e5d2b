#include "relay/dtls/dtls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "relay/core/random.h"

namespace avedge::relay {
namespace {

/// Handshake records stay below this: every IPv6 path carries 1,280 bytes.
constexpr long kHandshakeMtu = 1200;
constexpr std::size_t kCookieSize = 16;

}  // namespace

/// OpenSSL's view of the wire: each read receives one datagram, each write sends one.
struct DatagramBio {
  static DtlsSession::Wire& wire(BIO* bio) {
    return *static_cast<DtlsSession::Wire*>(BIO_get_data(bio));
  }

  static int write(BIO* bio, const char* bytes, int size) {
    DatagramSink* sink = wire(bio).sink;
    if (sink != nullptr) sink->send({reinterpret_cast<const std::byte*>(bytes), std::size_t(size)});
    return size;
  }

  static int read(BIO* bio, char* into, int room) {
    BIO_clear_retry_flags(bio);
    const ConstBytes datagram = std::exchange(wire(bio).datagram, ConstBytes{});
    if (datagram.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t size = std::min(datagram.size(), static_cast<std::size_t>(room));
    std::memcpy(into, datagram.data(), size);
    return static_cast<int>(size);
  }

  static long control(BIO*, int command, long, void*) {
    switch (command) {
      case BIO_CTRL_FLUSH: return 1;
      case BIO_CTRL_DGRAM_QUERY_MTU:
      case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return kHandshakeMtu;
      default: return 0;
    }
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const shared = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagram");
      BIO_meth_set_write(made, &write);
      BIO_meth_set_read(made, &read);
      BIO_meth_set_ctrl(made, &control);
      BIO_meth_set_create(made, [](BIO* bio) {
        BIO_set_init(bio, 1);
        return 1;
      });
      return made;
    }();
    return shared;
  }
};

/// A cookie is a code over the client's address, so that only a receiver there can repeat it.
struct Cookies {
  using Key = std::array<std::byte, 32>;

  static const Key& key() {
    static const Key shared = [] {
      Key random;
      fill_random(random);
      return random;
    }();
    return shared;
  }

  static std::array<std::byte, 32> of(SSL* ssl) {
    const auto& wire = *static_cast<const DtlsSession::Wire*>(SSL_get_app_data(ssl));
    std::array<std::byte, 18> text{};
    const ConstBytes address = wire.client.address.bytes();
    store_be16(text.data(), wire.client.port.number());
    std::copy(address.begin(), address.end(), text.begin() + 2);
    std::array<std::byte, 32> code{};
    HMAC(EVP_sha256(), key().data(), static_cast<int>(key().size()),
         reinterpret_cast<const unsigned char*>(text.data()), 2 + address.size(),
         reinterpret_cast<unsigned char*>(code.data()), nullptr);
    return code;
  }

  static int make(SSL* ssl, unsigned char* cookie, unsigned* size) {
    const auto code = of(ssl);
    std::memcpy(cookie, code.data(), kCookieSize);
    *size = kCookieSize;
    return 1;
  }

  static int check(SSL* ssl, const unsigned char* cookie, unsigned size) {
    const auto code = of(ssl);
    return size == kCookieSize && CRYPTO_memcmp(cookie, code.data(), kCookieSize) == 0 ? 1 : 0;
  }
};

void enable_cookies(const secure::TlsContext& context) {
  const SslPtr session{context.new_session()};
  if (session == nullptr) return;
  SSL_CTX* const shared = SSL_get_SSL_CTX(session.get());
  SSL_CTX_set_cookie_generate_cb(shared, &Cookies::make);
  SSL_CTX_set_cookie_verify_cb(shared, &Cookies::check);
}

std::optional<DtlsSession> DtlsSession::on(SslPtr ssl) {
  BIO* bio = ssl == nullptr ? nullptr : BIO_new(DatagramBio::method());
  if (bio == nullptr) return std::nullopt;
  auto wire = std::make_unique<Wire>();
  BIO_set_data(bio, wire.get());
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_app_data(ssl.get(), wire.get());
  SSL_set_options(ssl.get(), SSL_OP_NO_QUERY_MTU);
  SSL_set_mtu(ssl.get(), kHandshakeMtu);
  SSL_set_accept_state(ssl.get());
  return DtlsSession{std::move(ssl), std::move(wire)};
}

bool DtlsSession::listen(ConstBytes datagram, const Endpoint& client, DatagramSink& sink) {
  in_->datagram = datagram;
  in_->client = client;
  const std::unique_ptr<BIO_ADDR, void (*)(BIO_ADDR*)> unused{BIO_ADDR_new(), &BIO_ADDR_free};
  ERR_clear_error();
  const int verified = with(sink, [&] { return DTLSv1_listen(ssl_.get(), unused.get()); });
  in_->datagram = {};
  return verified > 0;
}

DtlsSession::Handshake DtlsSession::advance(ConstBytes datagram, DatagramSink& sink) {
  in_->datagram = datagram;
  ERR_clear_error();
  const int returned = with(sink, [&] { return SSL_accept(ssl_.get()); });
  in_->datagram = {};
  return judge(returned);
}

std::optional<Duration> DtlsSession::retransmission_in() const {
  timeval left{};
  if (DTLSv1_get_timeout(ssl_.get(), &left) != 1) return std::nullopt;
  return std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec};
}

DtlsSession::Handshake DtlsSession::repeat(DatagramSink& sink) {
  ERR_clear_error();
  const long handled = with(sink, [&] { return DTLSv1_handle_timeout(ssl_.get()); });
  return handled < 0 ? Handshake::failed : Handshake::under_way;
}

DtlsSession::Handshake DtlsSession::judge(int returned) const {
  if (returned == 1) return Handshake::done;
  const int error = SSL_get_error(ssl_.get(), returned);
  const bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  return waits ? Handshake::under_way : Handshake::failed;
}

StreamIo DtlsSession::decrypt(Bytes into, DatagramSink& sink) {
  ERR_clear_error();
  const int opened =
      with(sink, [&] { return SSL_read(ssl_.get(), into.data(), static_cast<int>(into.size())); });
  if (opened > 0) return {StreamIo::Result::moved, static_cast<std::size_t>(opened)};
  const int error = SSL_get_error(ssl_.get(), opened);
  const bool waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
  return {waits ? StreamIo::Result::would_block : StreamIo::Result::ended};
}

bool DtlsSession::encrypt(ConstBytes payload, DatagramSink& sink) {
  if (payload.size() > ByteStream::kTlsRecord) return false;
  ERR_clear_error();
  const auto size = static_cast<int>(payload.size());
  return with(sink, [&] { return SSL_write(ssl_.get(), payload.data(), size); }) == size;
}

void DtlsSession::send_close_notify(DatagramSink& sink) {
  ERR_clear_error();
  static_cast<void>(with(sink, [&] { return SSL_shutdown(ssl_.get()); }));
}

}  // namespace avedge::relay
