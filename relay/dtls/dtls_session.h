// One DTLS association as a state machine over datagrams: it owns no socket.
#pragma once

#include <optional>

#include "relay/core/bytes.h"
#include "relay/core/clock.h"
#include "relay/core/endpoint.h"
#include "relay/secure/tls_context.h"
#include "relay/stream/byte_stream.h"

namespace avedge::relay {

/// Where a session's datagrams go. `datagram` lives as long as the call.
class DatagramSink {
 public:
  virtual ~DatagramSink() = default;
  virtual void send(ConstBytes datagram) = 0;
};

/// One thread at a time; may move between threads.
class DtlsSession {
 public:
  enum class Handshake : std::uint8_t { under_way, done, failed };

  /// A new server-side session; nothing when memory is out.
  static std::optional<DtlsSession> on(SslPtr ssl);

  /// RFC 9147 §5.1, RFC 6347 §4.2.1: answers a ClientHello without a valid cookie by a request to
  /// repeat it with one, and keeps nothing of it. True once a ClientHello has brought the cookie of
  /// that client: the session is that client's from then on, and advance() goes on with it.
  /// The context must have been given to enable_cookies().
  [[nodiscard]] bool listen(ConstBytes datagram, const Endpoint& client, DatagramSink& sink);

  /// Goes on with the handshake, with what the client sent or with nothing new.
  [[nodiscard]] Handshake advance(ConstBytes datagram, DatagramSink& sink);
  /// When to call repeat() if nothing comes; nothing outside of a handshake.
  [[nodiscard]] std::optional<Duration> retransmission_in() const;
  /// Sends the last flight again.
  [[nodiscard]] Handshake repeat(DatagramSink& sink);

  /// Gives it a datagram to open(); its bytes live until the last of it is opened.
  void receive(ConstBytes datagram) { in_->datagram = datagram; }
  /// The next record's payload, decrypted into `into`. would_block: the datagram holds no more.
  /// What does not authenticate is skipped silently (RFC 6347 §4.1.2.7).
  [[nodiscard]] StreamIo decrypt(Bytes into, DatagramSink& sink);
  /// One record with `payload`. False if it is longer than a record may be.
  [[nodiscard]] bool encrypt(ConstBytes payload, DatagramSink& sink);
  void send_close_notify(DatagramSink& sink);

 private:
  /// What OpenSSL reads and writes through, at an address that stays.
  struct Wire {
    ConstBytes datagram;
    DatagramSink* sink = nullptr;
    Endpoint client;
  };
  friend struct DatagramBio;
  friend struct Cookies;

  DtlsSession(SslPtr ssl, std::unique_ptr<Wire> wire)
      : in_{std::move(wire)}, ssl_{std::move(ssl)} {}

  /// Lets OpenSSL use the sink while `step` runs.
  template <class Step>
  auto with(DatagramSink& sink, Step step) {
    in_->sink = &sink;
    const auto result = step();
    in_->sink = nullptr;
    return result;
  }
  [[nodiscard]] Handshake judge(int returned) const;

  std::unique_ptr<Wire> in_;  // before ssl_, which reads through it to its end
  SslPtr ssl_;
};

/// Makes sessions of this context check cookies. Once per context, before the first listen().
void enable_cookies(const secure::TlsContext& context);

}  // namespace avedge::relay
