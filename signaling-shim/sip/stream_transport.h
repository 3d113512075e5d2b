// What carries a connection's bytes: the socket itself, or TLS over it. Signalling thread only.
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
  /// The socket is connected: does what comes before the first byte of SIP. `done` keeps the
  /// stream alive, as those of the other operations do.
  virtual void open(Opened done) = 0;
  /// Whatever has arrived.
  virtual void read(boost::asio::mutable_buffer into, Transferred done) = 0;
  /// All of it.
  virtual void write(boost::asio::const_buffer bytes, Transferred done) = 0;
  /// At any time. What is under way ends with an error, or is not heard of again.
  virtual void close() = 0;
  /// The far end has shown a certificate that is good and names whom we expect. Once open.
  [[nodiscard]] virtual bool has_verified_peer() const = 0;
};

[[nodiscard]] std::unique_ptr<StreamTransport> plain_stream_transport(
    boost::asio::ip::tcp::socket socket);

}  // namespace avedge::sip
