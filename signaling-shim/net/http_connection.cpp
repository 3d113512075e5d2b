#include "signaling-shim/net/http_connection.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>

#include "relay/core/text.h"

namespace avedge::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

std::string text_of(beast::string_view text) {
  return {text.data(), text.size()};
}
beast::string_view beast_view(std::string_view text) {
  return {text.data(), text.size()};
}

HttpRequest request_of(http::request<http::string_body>& received) {
  HttpRequest request;
  request.method = text_of(received.method_string());
  request.target = text_of(received.target());
  request.version = received.version();
  request.is_upgrade = beast::websocket::is_upgrade(received);
  for (const auto& field : received) {
    request.headers.emplace_back(text_of(field.name_string()), text_of(field.value()));
  }
  request.body = std::move(received.body());
  return request;
}

/// Nothing if the far end is gone, or was too slow.
std::optional<HttpError> error_of(const error_code& failed) {
  const auto& protocol = http::make_error_code(http::error::bad_method).category();
  if (failed.category() != protocol || failed == http::error::end_of_stream ||
      failed == http::error::partial_message) {
    return std::nullopt;
  }
  if (failed == http::error::header_limit) return HttpError::header_too_long;
  if (failed == http::error::body_limit) return HttpError::body_too_long;
  return HttpError::malformed;
}

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(tcp::socket socket, std::shared_ptr<HttpApplication> application,
                 const HttpConnectionLimits& limits)
      : stream_{std::move(socket)},
        application_{std::move(application)},
        limits_{limits},
        buffer_{static_cast<std::size_t>(2 * limits.header_bytes + limits.body_bytes)} {
    application_->on_begin([this] { stream_.close(); });
  }

  void read() {
    parser_.emplace();
    parser_->header_limit(limits_.header_bytes);
    parser_->body_limit(limits_.body_bytes);
    stream_.expires_after(limits_.request_time);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& failed, std::size_t) {
                       self->on_read(failed);
                     });
  }

 private:
  void on_read(const error_code& failed) {
    if (failed) {
      if (const auto error = error_of(failed)) write(application_->refuse(*error), 11, false);
      return;
    }
    if (!application_->on_request()) return;
    const bool keep_alive = parser_->get().keep_alive();
    const HttpRequest request = request_of(parser_->get());
    if (request.is_upgrade) {
      stream_.expires_never();
      if (application_->upgrade(stream_.socket(), request)) return;
    }
    write(application_->respond(request), request.version, keep_alive && !request.is_upgrade);
  }

  void write(HttpResponse response, unsigned version, bool keep_alive) {
    response_ = {http::int_to_status(response.status), version};
    response_.set(http::field::content_type, beast_view(response.content_type));
    for (const auto& [name, value] : response.headers) {
      response_.set(beast_view(name), beast_view(value));
    }
    response_.body() = std::move(response.body);
    response_.keep_alive(keep_alive);
    response_.prepare_payload();
    stream_.expires_after(limits_.response_time);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](const error_code& error, std::size_t) {
                        if (error) return;
                        if (self->response_.keep_alive()) return self->read();
                        error_code ignored;
                        self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
                      });
  }

  beast::tcp_stream stream_;
  std::shared_ptr<HttpApplication> application_;
  HttpConnectionLimits limits_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [each, value] : headers) {
    if (text::equals_ignoring_case(each, name)) return value;
  }
  return {};
}

std::string http_reason(unsigned status) {
  return text_of(http::obsolete_reason(http::int_to_status(status)));
}

void serve_http(tcp::socket socket, std::shared_ptr<HttpApplication> application,
                const HttpConnectionLimits& limits) {
  std::make_shared<HttpConnection>(std::move(socket), std::move(application), limits)->read();
}

}  // namespace avedge::net
