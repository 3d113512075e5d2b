#include "signaling-shim/ng/http_connection.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "signaling-shim/ng/peer_name.h"
#include "signaling-shim/ng/value.h"
#include "signaling-shim/ng/websocket_connection.h"

namespace avedge::ng {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t kMaxHeader = 8192;
constexpr std::string_view kNgType = "application/x-rtpengine-ng";
constexpr std::string_view kJsonType = "application/json";

std::string_view view_of(beast::string_view text) {
  return {text.data(), text.size()};
}

/// A web page that somebody here looks at may send requests as well. It cannot choose this type of
/// content without asking first, and it must say where it comes from.
bool is_type(const http::request<http::string_body>& request, std::string_view type) {
  const std::string_view sent = view_of(request[http::field::content_type]);
  return beast::iequals(beast::string_view{sent.data(), std::min(sent.find(';'), sent.size())},
                        beast::string_view{type.data(), type.size()});
}

bool is_cross_site(const http::request<http::string_body>& request) {
  const std::string_view origin = view_of(request[http::field::origin]);
  const std::size_t host = origin.find("://");
  if (origin.empty()) return false;
  return host == std::string_view::npos ||
         origin.substr(host + 3) != view_of(request[http::field::host]);
}

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(boost::asio::ip::tcp::socket socket, ConnectionSlot slot, HttpOffer offer)
      : stream_{std::move(socket)},
        peer_{peer_name("http", stream_.socket())},
        slot_{std::move(slot)},
        offer_{offer} {
    slot_.set_close([this] { stream_.close(); });
  }

  void read() {
    parser_.emplace();
    parser_->header_limit(kMaxHeader);
    parser_->body_limit(kMaxMessage);
    // One deadline for the whole request, and for the wait before it: proxies that keep a
    // connection open open another one when it is closed.
    stream_.expires_after(slot_->limits.idle_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& failed, std::size_t) {
                       self->on_read(failed);
                     });
  }

 private:
  void on_read(const error_code& failed) {
    if (slot_->handler == nullptr) return;
    if (failed) return on_unreadable(failed);
    slot_.made_progress();
    if (beast::websocket::is_upgrade(parser_->get())) return upgrade();
    respond(parser_->get());
    response_.keep_alive(parser_->get().keep_alive());
    write();
  }

  void on_unreadable(const error_code& failed) {
    const bool is_protocol =
        failed.category() == http::make_error_code(http::error::bad_method).category();
    if (!is_protocol || failed == http::error::end_of_stream ||
        failed == http::error::partial_message) {
      return;  // gone, or too slow
    }
    refuse(http::status::bad_request, DropReason::ng_malformed);
    response_.keep_alive(false);
    write();
  }

  void upgrade() {
    const auto& request = parser_->get();
    if (!offer_.websocket || !can_upgrade(request)) {
      refuse(http::status::bad_request, DropReason::ng_malformed);
    } else if (is_cross_site(request)) {
      refuse(http::status::forbidden, DropReason::ng_forbidden);
    } else {
      stream_.expires_never();
      return serve_websocket(stream_.release_socket(), std::move(slot_), request);
    }
    response_.keep_alive(false);
    write();
  }

  void respond(const http::request<http::string_body>& request) {
    const std::string_view target = view_of(request.target());
    if (!offer_.http) return refuse(http::status::not_found, DropReason::ng_malformed);
    if (target == "/ping" && request.method() == http::verb::get)
      return send("text/plain", "pong\n");
    if (target != "/ng" && target != "/ng-plain") {
      return refuse(http::status::not_found, DropReason::ng_malformed);
    }
    if (request.method() != http::verb::post) {
      return refuse(http::status::method_not_allowed, DropReason::ng_malformed);
    }
    const bool is_ng = is_type(request, kNgType);
    if (!is_ng && !(target == "/ng-plain" && is_type(request, kJsonType))) {
      return refuse(http::status::unsupported_media_type, DropReason::ng_malformed);
    }
    if (target == "/ng-plain") {
      return send(is_ng ? kNgType : kJsonType, slot_->handler->on_payload(request.body()));
    }
    auto reply = slot_->handler->on_message(peer_, request.body());
    if (!reply) return send_status(http::status::bad_request);  // counted there
    send(kNgType, *std::move(reply));
  }

  void refuse(http::status status, DropReason reason) {
    slot_->counters->drops.count(reason);
    send_status(status);
  }

  void send_status(http::status status) {
    send("text/plain", std::string{view_of(http::obsolete_reason(status))} + "\n");
    response_.result(status);
  }

  void send(std::string_view type, std::string body) {
    response_ = {http::status::ok, 11};
    response_.set(http::field::content_type, beast::string_view{type.data(), type.size()});
    response_.body() = std::move(body);
  }

  void write() {
    response_.prepare_payload();
    stream_.expires_after(slot_->limits.message_timeout);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](const error_code& failed, std::size_t) {
                        if (!failed && self->response_.keep_alive()) self->read();
                      });
  }

  beast::tcp_stream stream_;
  std::string peer_;
  ConnectionSlot slot_;
  HttpOffer offer_;
  beast::flat_buffer buffer_{kMaxHeader + kMaxMessage};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

void serve_http(boost::asio::ip::tcp::socket socket, ConnectionSlot slot, HttpOffer offer) {
  std::make_shared<HttpConnection>(std::move(socket), std::move(slot), offer)->read();
}

}  // namespace avedge::ng
