// Transports a connection's bytes: the socket itself, or TLS over it. Signalling thread only.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>

namespace avedge::sip {

class StreamTransport {
 public:
  using Opened = std::function<void(const boost::system::error_code&)>;
  using Transferred = std::function<void(const boost::system::error_code&, std::size_t)>;

  virtual ~StreamTransport() = default;
  /// Until open() is called.
  [[nodiscard]] virtual boost::asio::ip::tcp::socket& socket() = 0;
  /// The socket is connected: performs the steps before the first byte of SIP. `done` keeps the
  /// stream alive, as the other operations' handlers do.
  virtual void open(Opened done) = 0;
  /// Reads the bytes available.
  virtual void read(boost::asio::mutable_buffer into, Transferred done) = 0;
  /// Writes all bytes.
  virtual void write(boost::asio::const_buffer bytes, Transferred done) = 0;
  /// At any time. Pending operations end with an error, or never report.
  virtual void close() = 0;
  /// The far end has presented a valid certificate with an expected name. Once open.
  [[nodiscard]] virtual bool has_verified_peer() const = 0;
};

[[nodiscard]] std::unique_ptr<StreamTransport> plain_stream_transport(
    boost::asio::ip::tcp::socket socket);

}  // namespace avedge::sip
