// HTTP/1.1 over one connection: whole requests in turn, each bounded in size and time. What is
// served there is the application's.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avedge::net {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;
  std::string target;  // with its query
  HttpHeaders headers;
  std::string body;
  unsigned version = 11;    // 10 or 11
  bool is_upgrade = false;  // to WebSocket

  /// The value of the first header of that name; empty if there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain";
  std::string body;
  HttpHeaders headers{};  // besides those that follow from the above
};

/// Why a request could not be read.
enum class HttpError : std::uint8_t { malformed, header_too_long, body_too_long };

/// The standard reason phrase of a status.
[[nodiscard]] std::string http_reason(unsigned status);

struct HttpConnectionLimits {
  std::uint32_t header_bytes = 8 * 1024;
  std::uint64_t body_bytes = 0;
  /// For a request to arrive whole, counted from the end of the one before: a byte now and then
  /// does not extend it.
  std::chrono::milliseconds request_time{10'000};
  /// For the response to leave.
  std::chrono::milliseconds response_time{10'000};
};

/// What one connection serves. On the thread that runs the connection's io_context.
class HttpApplication {
 public:
  virtual ~HttpApplication() = default;
  /// `close` closes the connection, and may be called as long as the connection is there.
  virtual void on_begin(std::function<void()> close) = 0;
  /// A request has arrived whole. False: the connection is dropped.
  [[nodiscard]] virtual bool on_request() { return true; }
  [[nodiscard]] virtual HttpResponse respond(const HttpRequest& request) = 0;
  [[nodiscard]] virtual HttpResponse refuse(HttpError error) = 0;
  /// The request asks for WebSocket. True: the application takes the socket over. False: respond()
  /// follows, and the connection ends with its response.
  [[nodiscard]] virtual bool upgrade(boost::asio::ip::tcp::socket& /*socket*/,
                                     const HttpRequest& /*request*/) {
    return false;
  }
};

/// Serves the connection until either side ends it; it keeps itself alive meanwhile.
void serve_http(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpApplication> application,
                const HttpConnectionLimits& limits);

}  // namespace avedge::net
