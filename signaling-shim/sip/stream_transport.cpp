#include "signaling-shim/sip/stream_transport.h"

#include <boost/asio/write.hpp>

namespace avedge::sip {
namespace {

namespace asio = boost::asio;

class PlainStreamTransport : public StreamTransport {
 public:
  explicit PlainStreamTransport(asio::ip::tcp::socket socket) : socket_{std::move(socket)} {}

  asio::ip::tcp::socket& socket() override { return socket_; }
  void open(Opened done) override { done({}); }
  void read(asio::mutable_buffer into, Transferred done) override {
    socket_.async_read_some(into, std::move(done));
  }
  void write(asio::const_buffer bytes, Transferred done) override {
    asio::async_write(socket_, bytes, std::move(done));
  }
  void close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  bool has_verified_peer() const override { return false; }

 private:
  asio::ip::tcp::socket socket_;
};

}  // namespace

std::unique_ptr<StreamTransport> plain_stream_transport(asio::ip::tcp::socket socket) {
  return std::make_unique<PlainStreamTransport>(std::move(socket));
}

}  // namespace avedge::sip
