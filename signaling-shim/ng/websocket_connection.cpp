#include "signaling-shim/ng/websocket_connection.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>

#include "signaling-shim/ng/peer_name.h"
#include "signaling-shim/ng/value.h"

namespace avedge::ng {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

constexpr std::string_view kWithCookie = "ng.rtpengine.com";
constexpr std::string_view kPlain = "ng-plain.rtpengine.com";

/// The first of the client's subprotocols that is one of ours; empty if none is.
std::string_view subprotocol_of(const net::HttpRequest& request) {
  const std::string_view all = request.header("Sec-WebSocket-Protocol");
  for (const auto& offered : http::token_list{beast::string_view{all.data(), all.size()}}) {
    for (const std::string_view ours : {kWithCookie, kPlain}) {
      if (std::string_view{offered.data(), offered.size()} == ours) return ours;
    }
  }
  return {};
}

/// The request as Beast knows it.
http::request<http::string_body> upgrade_of(const net::HttpRequest& request) {
  http::request<http::string_body> upgrade{http::verb::get, request.target, request.version};
  for (const auto& [name, value] : request.headers) upgrade.insert(name, value);
  return upgrade;
}

class WebsocketConnection : public std::enable_shared_from_this<WebsocketConnection> {
 public:
  WebsocketConnection(boost::asio::ip::tcp::socket socket, ConnectionSlot slot,
                      const net::HttpRequest& request)
      : stream_{std::move(socket)},
        peer_{peer_name("ws", beast::get_lowest_layer(stream_).socket())},
        slot_{std::move(slot)},
        subprotocol_{subprotocol_of(request)} {
    slot_.set_close([this] { beast::get_lowest_layer(stream_).close(); });
    stream_.read_message_max(kMaxMessage);
    stream_.set_option(websocket::stream_base::timeout{slot_->limits.message_timeout,
                                                       slot_->limits.idle_timeout, true});
    stream_.set_option(
        websocket::stream_base::decorator([this](websocket::response_type& response) {
          response.set(http::field::sec_websocket_protocol,
                       beast::string_view{subprotocol_.data(), subprotocol_.size()});
        }));
  }

  void accept(const net::HttpRequest& request) {
    stream_.async_accept(upgrade_of(request),
                         [self = shared_from_this()](const error_code& failed) {
                           if (!failed) self->read();
                         });
  }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](const error_code& failed, std::size_t) {
      if (!failed) self->respond();
    });
  }

  void respond() {
    if (slot_->handler == nullptr) return;
    slot_.made_progress();
    const auto bytes = buffer_.cdata();
    const std::string_view message{static_cast<const char*>(bytes.data()), bytes.size()};
    auto reply = subprotocol_ == kPlain ? slot_->handler->on_payload(message)
                                        : slot_->handler->on_message(peer_, message);
    buffer_.consume(buffer_.size());
    if (!reply) return read();
    reply_ = *std::move(reply);
    stream_.text(stream_.got_text());
    stream_.async_write(boost::asio::buffer(reply_),
                        [self = shared_from_this()](const error_code& failed, std::size_t) {
                          if (!failed) self->read();
                        });
  }

  websocket::stream<beast::tcp_stream> stream_;
  std::string peer_;
  ConnectionSlot slot_;
  std::string_view subprotocol_;
  beast::flat_buffer buffer_{kMaxMessage};
  std::string reply_;
};

}  // namespace

bool can_upgrade(const net::HttpRequest& request) {
  return !subprotocol_of(request).empty();
}

void serve_websocket(boost::asio::ip::tcp::socket socket, ConnectionSlot slot,
                     const net::HttpRequest& request) {
  std::make_shared<WebsocketConnection>(std::move(socket), std::move(slot), request)
      ->accept(request);
}

}  // namespace avedge::ng
