// What carries a connection's bytes: the socket itself, or TLS over it. Signalling thread only.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>

#include "signaling-shim/sip/certificate_identity.h"

namespace avedge::sip {

class Channel {
 public:
  using Opened = std::function<void(const boost::system::error_code&)>;
  using Transferred = std::function<void(const boost::system::error_code&, std::size_t)>;

  virtual ~Channel() = default;
  [[nodiscard]] virtual boost::asio::ip::tcp::socket& socket() = 0;
  /// The socket is connected: does what comes before the first byte of SIP.
  virtual void open(Opened done) = 0;
  /// Whatever has arrived.
  virtual void read(boost::asio::mutable_buffer into, Transferred done) = 0;
  /// All of it.
  virtual void write(boost::asio::const_buffer bytes, Transferred done) = 0;
};

enum class TlsEnd : std::uint8_t { accepts, connects };

/// Who is at the other end of a TLS connection.
struct TlsExpectation {
  TlsEnd end = TlsEnd::accepts;
  /// One of these must be in the far end's certificate; empty: any certificate will do, or none if
  /// the context asks for none. The first one that is no address is also asked for by name (SNI).
  std::vector<std::string> names;
};

[[nodiscard]] std::unique_ptr<Channel> plain_channel(boost::asio::ip::tcp::socket socket);
/// open() fails with errc::permission_denied if the certificate is good but names somebody else.
/// The context may be replaced while the channel lives.
[[nodiscard]] std::unique_ptr<Channel> tls_channel(boost::asio::ip::tcp::socket socket,
                                                   SSL_CTX* context, TlsExpectation expected);

}  // namespace avedge::sip
