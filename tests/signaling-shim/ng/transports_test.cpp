// The transports, over loopback sockets with ports of the kernel's choice.
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <thread>

#include "signaling-shim/ng/ng_server.h"
#include "tests/signaling-shim/anchor/call.h"

namespace avedge::ng {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using asio::ip::udp;

constexpr std::string_view kPing = "d7:command4:pinge";
constexpr std::string_view kPong = "d6:result4:ponge";

class NgTransports : public testing::Test {
 protected:
  ~NgTransports() override {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      control_->stop();
      io_.stop();
    });
    thread_.join();
  }

  void start(std::vector<Transport> transports, const char* allowed = "127.0.0.0/8") {
    Settings settings;
    settings.interfaces = {"external"};
    settings.limits.connections = 2;
    settings.listeners = {
        {*Endpoint::parse("127.0.0.1:0"), std::move(transports), {*Prefix::parse(allowed)}, {}}};
    control_.emplace(io_, std::move(settings), sessions_, counters_);
    const auto started = control_->start();
    ASSERT_TRUE(started.ok()) << started.reason().message();
    thread_ = std::thread{[this] { io_.run(); }};
  }

  [[nodiscard]] std::uint16_t port() const { return control_->listeners()[0].local.port.number(); }
  [[nodiscard]] tcp::socket connected() {
    tcp::socket socket{client_io_};
    socket.connect({asio::ip::make_address("127.0.0.1"), port()});
    return socket;
  }
  [[nodiscard]] http::response<http::string_body> ask(http::verb verb, const std::string& target,
                                                      const std::string& type,
                                                      std::string_view body,
                                                      const std::string& origin = "") {
    tcp::socket socket = connected();
    http::request<http::string_body> request{verb, target, 11};
    request.set(http::field::host, "127.0.0.1");
    if (!type.empty()) request.set(http::field::content_type, type);
    if (!origin.empty()) request.set(http::field::origin, origin);
    request.body() = body;
    request.prepare_payload();
    http::write(socket, request);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(socket, buffer, response);
    return response;
  }
  /// Empty if the server refuses the upgrade.
  std::string ask_websocket(const std::string& protocol, std::string_view message,
                            const std::string& origin = "") {
    websocket::stream<tcp::socket> stream{connected()};
    stream.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
      request.set(http::field::sec_websocket_protocol, protocol);
      if (!origin.empty()) request.set(http::field::origin, origin);
    }));
    beast::error_code failed;
    stream.handshake("127.0.0.1", "/", failed);
    if (failed) return {};
    stream.write(asio::buffer(message.data(), message.size()));
    beast::flat_buffer buffer;
    stream.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }

  asio::io_context io_;
  asio::io_context client_io_;
  anchor::FakeSessionControl session_control_;
  anchor::RecordingObserver observer_;
  anchor::Settings anchor_settings_;
  anchor::Sessions sessions_{session_control_, anchor_settings_, observer_};
  Counters counters_;
  std::optional<NgServer> control_;
  std::thread thread_;
};

TEST_F(NgTransports, UdpAnswersFromTheAddressAsked) {
  start({Transport::udp});
  udp::socket socket{client_io_, udp::endpoint{asio::ip::make_address("127.0.0.1"), 0}};
  const udp::endpoint server{asio::ip::make_address("127.0.0.1"), port()};
  socket.send_to(asio::buffer("1_1 " + std::string{kPing}), server);
  std::array<char, 100> bytes;
  udp::endpoint from;
  const std::size_t size = socket.receive_from(asio::buffer(bytes), from);
  EXPECT_EQ(std::string_view(bytes.data(), size), "1_1 " + std::string{kPong});
  EXPECT_EQ(from, server);
}

TEST_F(NgTransports, TcpCarriesMessagesBackToBack) {
  start({Transport::tcp});
  tcp::socket socket = connected();
  const std::string both = "1_1 " + std::string{kPing} + "1_2 " + std::string{kPing};
  asio::write(socket, asio::buffer(both.substr(0, 30)));
  asio::write(socket, asio::buffer(both.substr(30)));
  std::string replies(2 * (4 + kPong.size()), ' ');
  asio::read(socket, asio::buffer(replies));
  EXPECT_EQ(replies, "1_1 " + std::string{kPong} + "1_2 " + std::string{kPong});
}

TEST_F(NgTransports, TcpThatIsNoBencodeIsClosed) {
  start({Transport::tcp});
  tcp::socket socket = connected();
  asio::write(socket, asio::buffer(std::string{"GET / HTTP/1.1\r\n\r\n"}));
  char byte = 0;
  beast::error_code failed;
  (void)asio::read(socket, asio::buffer(&byte, 1), failed);
  EXPECT_TRUE(failed);
  EXPECT_EQ(counters_.drops.of(DropReason::ng_malformed), 1U);
}

TEST_F(NgTransports, HttpHasMessagesBareDictionariesAndPing) {
  start({Transport::http});
  const auto ng =
      ask(http::verb::post, "/ng", "application/x-rtpengine-ng", "5_1 d7:command4:pinge");
  EXPECT_EQ(ng.result(), http::status::ok);
  EXPECT_EQ(ng.body(), "5_1 d6:result4:ponge");
  EXPECT_EQ(ng[http::field::content_type], "application/x-rtpengine-ng");
  const auto plain = ask(http::verb::post, "/ng-plain", "application/json; charset=utf-8",
                         R"({"command":"ping"})");
  EXPECT_EQ(plain.body(), R"({"result":"pong"})");
  EXPECT_EQ(plain[http::field::content_type], "application/json");
  EXPECT_EQ(ask(http::verb::get, "/ping", "", "").body(), "pong\n");
}

TEST_F(NgTransports, HttpRefusesEverythingElse) {
  start({Transport::http});
  const struct {
    const char* name;
    http::verb verb;
    const char* target;
    const char* type;
    const char* body;
    http::status status;
  } kCases[] = {
      {"another place", http::verb::get, "/metrics", "", "", http::status::not_found},
      {"another method", http::verb::get, "/ng", "", "", http::status::method_not_allowed},
      {"a form of a web page", http::verb::post, "/ng-plain", "text/plain", "{}",
       http::status::unsupported_media_type},
      {"no cookie", http::verb::post, "/ng", "application/x-rtpengine-ng", "de",
       http::status::bad_request},
  };
  for (const auto& [name, verb, target, type, body, status] : kCases) {
    EXPECT_EQ(ask(verb, target, type, body).result(), status) << name;
  }
  EXPECT_EQ(ask_websocket("ng.rtpengine.com", "1_1 " + std::string{kPing}), "");
}

TEST_F(NgTransports, WebsocketSpeaksBothSubprotocols) {
  start({Transport::ws});
  EXPECT_EQ(ask_websocket("ng.rtpengine.com", "1_1 " + std::string{kPing}),
            "1_1 " + std::string{kPong});
  EXPECT_EQ(ask_websocket("chat, ng-plain.rtpengine.com", R"({"command":"ping"})"),
            R"({"result":"pong"})");
  EXPECT_EQ(ask_websocket("chat", "1_1 " + std::string{kPing}), "");
  EXPECT_EQ(ask(http::verb::get, "/ping", "", "").result(), http::status::not_found);
}

TEST_F(NgTransports, WebsocketOfAStrangersWebPageIsRefused) {
  start({Transport::ws});
  EXPECT_EQ(ask_websocket("ng.rtpengine.com", "1_1 " + std::string{kPing}, "http://evil.example"),
            "");
  EXPECT_EQ(counters_.drops.of(DropReason::ng_forbidden), 1U);
  EXPECT_NE(ask_websocket("ng.rtpengine.com", "1_1 " + std::string{kPing}, "http://127.0.0.1"), "");
}

TEST_F(NgTransports, WhoIsNotAllowedIsCountedAndNotAnswered) {
  start({Transport::udp, Transport::http}, "192.0.2.0/24");
  tcp::socket refused = connected();
  char byte = 0;
  beast::error_code failed;
  (void)asio::read(refused, asio::buffer(&byte, 1), failed);
  EXPECT_EQ(failed, asio::error::eof);
  EXPECT_EQ(counters_.drops.of(DropReason::ng_forbidden), 1U);
  udp::socket socket{client_io_, udp::endpoint{asio::ip::make_address("127.0.0.1"), 0}};
  socket.send_to(asio::buffer("1_1 " + std::string{kPing}),
                 {asio::ip::make_address("127.0.0.1"), port()});
  while (counters_.drops.of(DropReason::ng_forbidden) < 2) std::this_thread::yield();
  EXPECT_EQ(socket.available(), 0U);
}

TEST_F(NgTransports, OneConnectionTooManyTakesThePlaceOfTheSlowest) {
  start({Transport::tcp});
  const auto ping = [](tcp::socket& socket) {
    asio::write(socket, asio::buffer("1_1 " + std::string{kPing}));
    std::string reply(4 + kPong.size(), ' ');
    asio::read(socket, asio::buffer(reply));
  };
  std::vector<tcp::socket> sockets;
  for (int i = 0; i < 2; ++i) {
    sockets.push_back(connected());
    ping(sockets.back());
  }
  ping(sockets[0]);
  sockets.push_back(connected());
  ping(sockets[2]);
  char byte = 0;
  beast::error_code failed;
  (void)asio::read(sockets[1], asio::buffer(&byte, 1), failed);
  EXPECT_EQ(failed, asio::error::eof);
  ping(sockets[0]);
  EXPECT_EQ(counters_.drops.of(DropReason::connection_evicted), 1U);
  sockets.clear();
  while (counters_.connections.value() > 0) std::this_thread::yield();
}

TEST_F(NgTransports, APortThatIsTakenIsAnErrorWithItsName) {
  start({Transport::tcp});
  Settings settings;
  settings.listeners = {{{IpAddress::v4(127, 0, 0, 1), Port{port()}}, {Transport::tcp}, {}, {}}};
  asio::io_context io;
  NgServer second{io, settings, sessions_, counters_};
  const auto started = second.start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.reason().message().find("cannot listen on 127.0.0.1:"), std::string::npos);
}

}  // namespace
}  // namespace avedge::ng
