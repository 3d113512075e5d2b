// The HTTP side: /metrics for Prometheus, /healthz for load balancers, nothing else. GET only.
// Anybody may connect, so everything is bounded: headers, connections, and the time a request may
// take to arrive and its answer to leave. A connection too many takes the place of the slowest.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "relay/core/endpoint.h"
#include "relay/core/result.h"

namespace avedge::edge {

struct HttpContent {
  /// The text of /metrics. An exception becomes a 500.
  std::function<std::string()> metrics;
  /// Why no new work should come here (answered 503), or nothing while all is well.
  std::function<std::optional<std::string>()> unhealthy;
};

struct HttpLimits {
  std::size_t connections = 64;
  std::size_t header_bytes = 8 * 1024;
  /// For a request to arrive whole, counted from the end of the one before, and again for the
  /// answer to leave.
  std::chrono::milliseconds time{10'000};
};

class HttpServer {
 public:
  /// Listens at once and serves while `io` runs, on the thread that runs it. `io` outlives the
  /// server. Port 0 takes any. Fails if the port is taken.
  [[nodiscard]] static Result<HttpServer> start(boost::asio::io_context& io, const Endpoint& at,
                                                HttpContent content, const HttpLimits& limits = {});
  HttpServer(HttpServer&&) noexcept;
  HttpServer& operator=(HttpServer&&) noexcept;
  /// Stops listening. A pending reply is still sent.
  ~HttpServer();

  [[nodiscard]] Endpoint local() const;
  /// Connections that had to make room for others. Any thread.
  [[nodiscard]] std::uint64_t evicted() const;

 private:
  class Listener;
  explicit HttpServer(std::shared_ptr<Listener> listener);

  std::shared_ptr<Listener> listener_;
};

}  // namespace avedge::edge
