#include "signaling-shim/net/udp_socket.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include "signaling-shim/net/asio_sockets.h"

namespace avedge::net {
namespace {

/// Datagrams per wake-up, so that a flood on one socket leaves time for the others.
constexpr int kBatch = 64;
/// SIP comes in bursts when a next hop restarts.
constexpr int kReceiveBuffer = 1024 * 1024;

}  // namespace

Result<void> UdpSocket::open(const Endpoint& local, const std::string& device) {
  if (const auto failed = open_on(socket_, local, device, false)) {
    boost::system::error_code ignored;
    socket_.close(ignored);
    return listen_error(local, Transport::udp, failed);
  }
  boost::system::error_code ignored;  // a smaller buffer still works
  socket_.set_option(boost::asio::socket_base::receive_buffer_size{kReceiveBuffer}, ignored);
  return {};
}

Endpoint UdpSocket::local() const {
  return from_asio(socket_.local_endpoint());
}

void UdpSocket::start(Receive receive) {
  receive_ = std::move(receive);
  wait();
}

void UdpSocket::wait() {
  socket_.async_wait(boost::asio::ip::udp::socket::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& failed) {
                       if (failed || !self->receive_) return;
                       self->drain();
                       if (self->receive_) self->wait();
                     });
}

void UdpSocket::drain() {
  for (int i = 0; i < kBatch && receive_; ++i) {
    boost::asio::ip::udp::endpoint source;
    boost::system::error_code failed;
    const std::size_t size = socket_.receive_from(boost::asio::buffer(buffer_), source, 0, failed);
    if (failed) return;
    receive_(from_asio(source), {buffer_.data(), size});
  }
}

bool UdpSocket::send(const Endpoint& to, std::string_view datagram) {
  boost::system::error_code failed;
  socket_.send_to(boost::asio::buffer(datagram.data(), datagram.size()),
                  to_asio<boost::asio::ip::udp>(to), 0, failed);
  return !failed || failed == boost::asio::error::would_block ||
         failed == boost::asio::error::no_buffer_space;
}

void UdpSocket::close() {
  receive_ = nullptr;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace avedge::net
