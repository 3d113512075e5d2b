// One UDP socket that is listened on. Signalling thread only.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "relay/core/endpoint.h"
#include "relay/core/result.h"

namespace avedge::net {

class UdpSocket : public std::enable_shared_from_this<UdpSocket> {
 public:
  /// The datagram is valid during the call only.
  using Receive = std::function<void(const Endpoint& source, std::string_view datagram)>;

  explicit UdpSocket(boost::asio::io_context& io) : socket_{io} {}

  /// Binds to `local`, exclusively: no port is shared with another program. An empty device: none.
  Result<void> open(const Endpoint& local, const std::string& device);
  /// The bound address; its port is the kernel's choice if 0 was asked for.
  [[nodiscard]] Endpoint local() const;
  /// Delivers from now on, until close().
  void start(Receive receive);
  /// False if it can never be sent so: too long, or no way there. A full buffer is no such case:
  /// that datagram is gone, as any may be.
  bool send(const Endpoint& to, std::string_view datagram);
  /// `receive` is not called again.
  void close();

 private:
  void wait();
  void drain();

  boost::asio::ip::udp::socket socket_;
  Receive receive_;
  std::array<char, 65'536> buffer_;
};

}  // namespace avedge::net
