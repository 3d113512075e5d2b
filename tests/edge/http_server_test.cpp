// The HTTP server against raw sockets: what it says, and what it does not let itself in for.
#include "edge/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <thread>

namespace avedge::edge {
namespace {

using boost::asio::ip::tcp;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Http : public testing::Test {
 protected:
  void serve(const HttpLimits& limits = {}) {
    HttpContent content;
    content.metrics = [this] {
      if (broken_) throw std::runtime_error{"no figures"};
      return std::string{"avedge_up 1\n"};
    };
    content.unhealthy = [this] { return unhealthy_; };
    auto started =
        HttpServer::start(io_, {IpAddress::v4(127, 0, 0, 1), Port{}}, std::move(content), limits);
    ASSERT_TRUE(started) << started.reason().message();
    server_.emplace(*std::move(started));
    thread_ = std::thread{[this] { io_.run(); }};
  }

  void TearDown() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  tcp::socket connect() {
    tcp::socket socket{client_io_};
    socket.connect({boost::asio::ip::address_v4::loopback(), server_->local().port.number()});
    return socket;
  }

  /// All that the server says until it closes the connection.
  static std::string rest_of(tcp::socket& socket) {
    std::string text;
    boost::system::error_code error;
    boost::asio::read(socket, boost::asio::dynamic_buffer(text), error);
    return text;
  }

  std::string ask(const std::string& request) {
    tcp::socket socket = connect();
    boost::system::error_code error;
    boost::asio::write(socket, boost::asio::buffer(request), error);
    return rest_of(socket);
  }

  std::string get(const std::string& target) {
    return ask("GET " + target + " HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n");
  }

  boost::asio::io_context io_;
  boost::asio::io_context client_io_;
  std::optional<HttpServer> server_;
  std::thread thread_;
  std::atomic<bool> broken_ = false;
  std::optional<std::string> unhealthy_;
};

TEST_F(Http, ServesMetrics) {
  serve();
  const std::string response = get("/metrics");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(response, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(response, EndsWith("\r\n\r\navedge_up 1\n"));
}

TEST_F(Http, IgnoresAQuery) {
  serve();
  EXPECT_THAT(get("/metrics?name[]=x"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Http, IsHealthy) {
  serve();
  EXPECT_THAT(get("/healthz"), EndsWith("\r\n\r\nok\n"));
}

TEST_F(Http, SaysWhyItIsNotHealthy) {
  unhealthy_ = "draining";
  serve();
  const std::string response = get("/healthz");
  EXPECT_THAT(response, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(response, EndsWith("\r\n\r\ndraining\n"));
}

TEST_F(Http, HasNothingElse) {
  serve();
  for (const char* target : {"/", "/metrics/", "/admin", "/../etc/passwd", "/healthz%00", "*"}) {
    EXPECT_THAT(get(target), StartsWith("HTTP/1.1 404 ")) << target;
  }
}

TEST_F(Http, OnlyGets) {
  serve();
  for (const char* method : {"POST", "PUT", "DELETE", "HEAD", "OPTIONS"}) {
    const std::string response =
        ask(std::string{method} + " /metrics HTTP/1.1\r\nHost: e\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(response, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(response, HasSubstr("Allow: GET\r\n")) << method;
  }
}

TEST_F(Http, OneConnectionAsksSeveralTimes) {
  serve();
  const std::string again = "GET /healthz HTTP/1.1\r\nHost: edge\r\n\r\n";
  const std::string last = "GET /metrics HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n";
  const std::string responses = ask(again + again + last);
  EXPECT_THAT(responses, HasSubstr("ok\nHTTP/1.1 200 OK"));
  EXPECT_THAT(responses, EndsWith("avedge_up 1\n"));
}

TEST_F(Http, RefusesBadInput) {
  serve();
  for (const std::string& request :
       {std::string{"\r\n\r\n\r\n"}, std::string{"GET\r\n\r\n"},
        std::string{"GET / HTTP/9.9\r\n\r\n"}, std::string{"GET / HTTP/1.1\r\nno colon\r\n\r\n"},
        std::string{"\x16\x03\x01\x02\x00\r\n"}, std::string("GET /\0 HTTP/1.1\r\n\r\n", 20),
        std::string{"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"}}) {
    EXPECT_THAT(ask(request), StartsWith("HTTP/1.1 400 ")) << request;
  }
}

TEST_F(Http, RefusesBodies) {
  serve();
  EXPECT_THAT(ask("GET /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"),
              StartsWith("HTTP/1.1 413 "));
}

TEST_F(Http, RefusesLongHeaders) {
  serve({.header_bytes = 1024});
  EXPECT_THAT(ask("GET /metrics HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
}

TEST_F(Http, DoesNotWaitForSlowRequests) {
  serve({.time = std::chrono::milliseconds{50}});
  EXPECT_EQ(ask("GET /metrics HTTP/1.1\r\n"), "");
}

TEST_F(Http, SlowClientsDoNotKeepOthersOut) {
  serve({.connections = 4});
  std::vector<tcp::socket> slow;
  for (int i = 0; i < 20; ++i) {
    slow.push_back(connect());
    boost::asio::write(slow.back(), boost::asio::buffer("GET /healthz HTTP/1.1\r\n", 23));
    EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 ")) << i;
  }
  EXPECT_EQ(rest_of(slow.front()), "") << "it made room";
  EXPECT_GE(server_->evicted(), 16u);
}

TEST_F(Http, ConnectionThatAsksAgainIsNotTheSlowest) {
  serve({.connections = 2});
  const auto asks = [](tcp::socket& socket) {
    const std::string request = "GET /healthz HTTP/1.1\r\nHost: e\r\n\r\n";
    boost::system::error_code gone;
    boost::asio::write(socket, boost::asio::buffer(request), gone);
    std::string answer;
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(answer), "ok\n", gone);
    return !gone;
  };
  tcp::socket first = connect();
  ASSERT_TRUE(asks(first));
  tcp::socket slow = connect();
  ASSERT_TRUE(asks(slow));
  ASSERT_TRUE(asks(first));
  tcp::socket third = connect();
  EXPECT_TRUE(asks(third));
  EXPECT_EQ(rest_of(slow), "");
  EXPECT_TRUE(asks(first));
}

TEST_F(Http, SurvivesFiguresThatCannotBeHad) {
  broken_ = true;
  serve();
  EXPECT_THAT(get("/metrics"), StartsWith("HTTP/1.1 500 "));
  broken_ = false;
  EXPECT_THAT(get("/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Http, SaysThatItsPortIsTaken) {
  serve();
  const auto second = HttpServer::start(io_, server_->local(), {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.reason().message(),
            "cannot serve HTTP on " + server_->local().to_string() + ": Address already in use");
}

}  // namespace
}  // namespace avedge::edge
