#include "edge/http_server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "signaling-shim/net/accept_loop.h"
#include "signaling-shim/net/bounded_connections.h"

namespace avedge::edge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

/// What connections share with their listener; lives as long as the last of them.
struct Shared {
  HttpContent content;
  HttpLimits limits;
  std::shared_ptr<net::BoundedConnections> connections;
};

tcp::endpoint asio_endpoint(const Endpoint& endpoint) {
  return {asio::ip::make_address(endpoint.address.to_string()), endpoint.port.number()};
}

Response reply(http::status status, std::string body) {
  Response response{status, 11};
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.set(http::field::cache_control, "no-store");
  response.body() = std::move(body);
  return response;
}

Response health(const HttpContent& content) {
  const auto reason = content.unhealthy();
  if (reason) return reply(http::status::service_unavailable, *reason + "\n");
  return reply(http::status::ok, "ok\n");
}

Response metrics(const HttpContent& content) {
  Response response = reply(http::status::ok, content.metrics());
  response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
  return response;
}

Response answer(const HttpContent& content, const Request& request) {
  const auto target = request.target().substr(0, request.target().find('?'));
  if (target != "/metrics" && target != "/healthz") {
    return reply(http::status::not_found, "only /metrics and /healthz live here\n");
  }
  if (request.method() != http::verb::get) {
    Response response = reply(http::status::method_not_allowed, "GET only\n");
    response.set(http::field::allow, "GET");
    return response;
  }
  try {
    return target == "/metrics" ? metrics(content) : health(content);
  } catch (const std::exception&) {
    return reply(http::status::internal_server_error, "the figures cannot be had right now\n");
  }
}

Response refusal(error_code error) {
  if (error == http::error::header_limit) {
    return reply(http::status::request_header_fields_too_large, "the header is too long\n");
  }
  if (error == http::error::body_limit || error == http::error::unexpected_body) {
    return reply(http::status::payload_too_large, "a request has no body here\n");
  }
  return reply(http::status::bad_request, "this is not an HTTP request\n");
}

/// One connection: requests in turn, until either side has had enough.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<Shared> shared)
      : stream_{std::move(socket)},
        shared_{std::move(shared)},
        place_{net::BoundedConnections::enter(shared_->connections, [this] { stream_.close(); })} {}

  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(shared_->limits.header_bytes));
    parser_->body_limit(0);
    // One deadline for the whole request: a byte now and then does not extend it.
    stream_.expires_after(shared_->limits.time);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
  }

 private:
  void on_read(error_code error) {
    place_.made_progress();
    if (!error) {
      response_ = answer(shared_->content, parser_->get());
      response_.keep_alive(parser_->get().keep_alive());
      response_.version(parser_->get().version());
    } else if (error.category() == http::make_error_code(http::error::bad_method).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
      response_ = refusal(error);
      response_.keep_alive(false);
    } else {
      return;  // gone, or too slow
    }
    write();
  }

  void write() {
    response_.prepare_payload();
    stream_.expires_after(shared_->limits.time);
    http::async_write(stream_, response_,
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (error) return;
                        if (self->response_.keep_alive()) return self->read();
                        error_code ignored;
                        self->stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
                      });
  }

  beast::tcp_stream stream_;
  std::shared_ptr<Shared> shared_;
  net::BoundedConnections::Place place_;
  beast::flat_buffer buffer_{16 * 1024};
  std::optional<http::request_parser<http::empty_body>> parser_;
  Response response_;
};

}  // namespace

class HttpServer::Listener : public net::AcceptLoop<tcp> {
 public:
  Listener(asio::io_context& io, HttpContent content, const HttpLimits& limits)
      : AcceptLoop{io}, shared_{std::make_shared<Shared>()} {
    shared_->content = std::move(content);
    shared_->limits = limits;
    shared_->connections = std::make_shared<net::BoundedConnections>(limits.connections);
  }

  Result<void> listen(const Endpoint& at) {
    const tcp::endpoint endpoint = asio_endpoint(at);
    error_code error;
    acceptor().open(endpoint.protocol(), error);
    if (!error) acceptor().set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor().bind(endpoint, error);
    if (!error) acceptor().listen(asio::socket_base::max_listen_connections, error);
    if (error) return Error{"cannot serve HTTP on " + at.to_string() + ": " + error.message()};
    return {};
  }

  void close() { stop_accepting(); }
  [[nodiscard]] std::uint64_t evicted() const { return shared_->connections->evicted(); }

  [[nodiscard]] Endpoint local() const {
    error_code ignored;
    const tcp::endpoint endpoint = acceptor().local_endpoint(ignored);
    return {*IpAddress::parse(endpoint.address().to_string()), Port{endpoint.port()}};
  }

 private:
  void serve(tcp::socket socket) override {
    std::make_shared<Connection>(std::move(socket), shared_)->read();
  }

  std::shared_ptr<Shared> shared_;
};

Result<HttpServer> HttpServer::start(asio::io_context& io, const Endpoint& at, HttpContent content,
                                     const HttpLimits& limits) {
  auto listener = std::make_shared<Listener>(io, std::move(content), limits);
  if (auto listening = listener->listen(at); !listening) return listening.reason();
  listener->accept();
  return HttpServer{std::move(listener)};
}

HttpServer::HttpServer(std::shared_ptr<Listener> listener) : listener_{std::move(listener)} {}
HttpServer::HttpServer(HttpServer&&) noexcept = default;

HttpServer& HttpServer::operator=(HttpServer&& other) noexcept {
  std::swap(listener_, other.listener_);
  return *this;
}

HttpServer::~HttpServer() {
  if (listener_ != nullptr) listener_->close();
}

std::uint64_t HttpServer::evicted() const {
  return listener_->evicted();
}

Endpoint HttpServer::local() const {
  return listener_->local();
}

}  // namespace avedge::edge
