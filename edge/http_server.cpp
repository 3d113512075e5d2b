#include "edge/http_server.h"

#include <boost/asio/ip/tcp.hpp>

#include "signaling-shim/net/accept_loop.h"
#include "signaling-shim/net/asio_sockets.h"
#include "signaling-shim/net/bounded_connections.h"
#include "signaling-shim/net/http_connection.h"

namespace avedge::edge {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using net::HttpResponse;

/// What connections share with their listener; lives as long as the last of them.
struct Shared {
  HttpContent content;
  HttpLimits limits;
  std::shared_ptr<net::BoundedConnections> connections;
};

HttpResponse reply(unsigned status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body), {{"Cache-Control", "no-store"}}};
}

HttpResponse health(const HttpContent& content) {
  const auto reason = content.unhealthy();
  if (reason) return reply(503, *reason + "\n");
  return reply(200, "ok\n");
}

HttpResponse metrics(const HttpContent& content) {
  HttpResponse response = reply(200, content.metrics());
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return response;
}

HttpResponse answer(const HttpContent& content, const net::HttpRequest& request) {
  const auto target = request.target.substr(0, request.target.find('?'));
  if (target != "/metrics" && target != "/healthz") {
    return reply(404, "only /metrics and /healthz live here\n");
  }
  if (request.method != "GET") {
    HttpResponse response = reply(405, "GET only\n");
    response.headers.emplace_back("Allow", "GET");
    return response;
  }
  try {
    return target == "/metrics" ? metrics(content) : health(content);
  } catch (const std::exception&) {
    return reply(500, "the figures cannot be had right now\n");
  }
}

/// One connection's place, and what it serves.
class Application final : public net::HttpApplication {
 public:
  explicit Application(std::shared_ptr<Shared> shared) : shared_{std::move(shared)} {}

  void on_begin(std::function<void()> close) override {
    place_ = net::BoundedConnections::enter(shared_->connections, std::move(close));
  }
  [[nodiscard]] bool on_request() override {
    place_.made_progress();
    return true;
  }
  [[nodiscard]] HttpResponse respond(const net::HttpRequest& request) override {
    return answer(shared_->content, request);
  }
  [[nodiscard]] HttpResponse refuse(net::HttpError error) override {
    switch (error) {
      case net::HttpError::header_too_long: return reply(431, "the header is too long\n");
      case net::HttpError::body_too_long: return reply(413, "a request has no body here\n");
      case net::HttpError::malformed: break;
    }
    return reply(400, "this is not an HTTP request\n");
  }

 private:
  std::shared_ptr<Shared> shared_;
  net::BoundedConnections::Place place_;
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
    const auto endpoint = net::to_asio<tcp>(at);
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
    return net::from_asio(endpoint);
  }

 private:
  void serve(tcp::socket socket) override {
    const HttpLimits& limits = shared_->limits;
    net::serve_http(std::move(socket), std::make_shared<Application>(shared_),
                    {static_cast<std::uint32_t>(limits.header_bytes), 0, limits.time, limits.time});
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
