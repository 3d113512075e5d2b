// Both ends of the admin socket, and what stands at its path when the daemon comes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio.hpp>
#include <thread>

#include "edge/admin_client.h"
#include "edge/admin_protocol.h"
#include "edge/admin_server.h"
#include "temporary_folder.h"

namespace avedge::edge {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using UnixSocket = boost::asio::local::stream_protocol;

constexpr std::chrono::seconds kPatience{10};

class AdminSocket : public testing::Test {
 protected:
  Result<AdminServer> open(const AdminLimits& limits = {}) {
    return AdminServer::start(
        io_, path_,
        {{"status",
          [](const json& request) {
            return json{{"echo", request}};
          }},
         {"drain",
          [this](const json&) {
            ++drained_;
            return json{};
          }},
         {"reload", [](const json&) -> json { throw std::runtime_error{"edge.toml:1: bad"}; }},
         {"binary", [](const json&) { return json("\xff\x1b[2J"); }}},
        limits);
  }

  void serve(const AdminLimits& limits = {}) {
    auto started = open(limits);
    ASSERT_TRUE(started) << started.reason().message();
    server_.emplace(*std::move(started));
    thread_ = std::thread{[this] { io_.run(); }};
  }

  void TearDown() override {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

  /// What the server answers to raw bytes, until it closes.
  std::string raw(const std::string& bytes) {
    boost::asio::io_context io;
    UnixSocket::socket socket{io};
    socket.connect(UnixSocket::endpoint{path_});
    boost::system::error_code error;
    boost::asio::write(socket, boost::asio::buffer(bytes), error);
    std::string text;
    boost::asio::read(socket, boost::asio::dynamic_buffer(text), error);
    return text;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("admin.sock");
  boost::asio::io_context io_;
  std::optional<AdminServer> server_;
  std::thread thread_;
  std::atomic<int> drained_ = 0;
};

TEST_F(AdminSocket, AnswersACommand) {
  serve();
  const auto answer = ask_daemon(path_, {{"command", "status"}, {"detail", 1}}, kPatience);
  ASSERT_TRUE(answer) << answer.reason().message();
  EXPECT_EQ(*answer,
            json::parse(R"({"ok":true,"result":{"echo":{"command":"status","detail":1}}})"));
}

TEST_F(AdminSocket, TellsWhatAHandlerThrew) {
  serve();
  EXPECT_EQ(*ask_daemon(path_, {{"command", "reload"}}, kPatience),
            json::parse(R"({"ok":false,"error":"edge.toml:1: bad"})"));
}

TEST_F(AdminSocket, KeepsForeignBytesHarmless) {
  serve();
  EXPECT_EQ(raw("{\"command\":\"binary\"}\n"), "{\"ok\":true,\"result\":\"\\ufffd\\u001b[2J\"}\n");
}

TEST_F(AdminSocket, RefusesWhatIsNoCommand) {
  serve();
  EXPECT_THAT(raw("hello\n"), HasSubstr("this is not a JSON object"));
  EXPECT_THAT(raw("[]\n"), HasSubstr("this is not a JSON object"));
  EXPECT_THAT(raw("{}\n"), HasSubstr("names no command"));
  EXPECT_THAT(raw("{\"command\":7}\n"), HasSubstr("names no command"));
  EXPECT_THAT(raw("{\"command\":\"shutdown\"}\n"), HasSubstr("unknown command"));
}

TEST_F(AdminSocket, RefusesRequestsWithoutEnd) {
  serve();
  EXPECT_THAT(raw(std::string(kLongestAdminRequest, 'x')), HasSubstr("too long"));
}

TEST_F(AdminSocket, DoesNotWaitForSlowRequests) {
  serve({.time = std::chrono::milliseconds{50}});
  EXPECT_EQ(raw("{"), "");
}

/// The order waits in the socket while the daemon is busy, or out of descriptors.
TEST_F(AdminSocket, OrderOfAClientThatIsGoneIsNotCarriedOut) {
  auto server = open();
  ASSERT_TRUE(server);
  {
    boost::asio::io_context io;
    UnixSocket::socket socket{io};
    socket.connect(UnixSocket::endpoint{path_});
    boost::asio::write(socket, boost::asio::buffer("{\"command\":\"drain\"}\n", 20));
  }
  server_.emplace(*std::move(server));
  thread_ = std::thread{[this] { io_.run(); }};
  EXPECT_TRUE(ask_daemon(path_, {{"command", "status"}}, kPatience)) << "it came after the order";
  EXPECT_EQ(drained_, 0);
}

TEST_F(AdminSocket, OrderWhoseClientGaveUpIsNotCarriedOut) {
  auto server = open();
  ASSERT_TRUE(server);
  EXPECT_FALSE(ask_daemon(path_, {{"command", "drain"}}, std::chrono::milliseconds{20}));
  server_.emplace(*std::move(server));
  thread_ = std::thread{[this] { io_.run(); }};
  EXPECT_TRUE(ask_daemon(path_, {{"command", "status"}}, kPatience));
  EXPECT_EQ(drained_, 0);
}

TEST_F(AdminSocket, OrderThatWaitedTooLongIsRefused) {
  serve();
  const std::string late = std::to_string(admin_clock() - 1);
  EXPECT_THAT(raw("{\"command\":\"drain\",\"expires\":" + late + "}\n"),
              HasSubstr("was not carried out"));
  EXPECT_THAT(raw("{\"command\":\"drain\",\"expires\":\"never\"}\n"),
              HasSubstr("was not carried out"));
  EXPECT_EQ(drained_, 0);
  const std::string soon = std::to_string(admin_clock() + 10'000);
  EXPECT_THAT(raw("{\"command\":\"drain\",\"expires\":" + soon + "}\n"), HasSubstr("\"ok\":true"));
  EXPECT_EQ(drained_, 1);
}

/// As socat and nc -N do after the last byte of a script's order.
TEST_F(AdminSocket, ClientThatOnlyStopsSendingGetsItsAnswer) {
  serve();
  boost::asio::io_context io;
  UnixSocket::socket socket{io};
  socket.connect(UnixSocket::endpoint{path_});
  boost::asio::write(socket, boost::asio::buffer("{\"command\":\"drain\"}\n", 20));
  socket.shutdown(UnixSocket::socket::shutdown_send);
  std::string text;
  boost::system::error_code error;
  boost::asio::read(socket, boost::asio::dynamic_buffer(text), error);
  EXPECT_THAT(text, HasSubstr("\"ok\":true"));
  EXPECT_EQ(drained_, 1);
}

TEST_F(AdminSocket, SlowClientsDoNotKeepOthersOut) {
  serve({.connections = 3});
  boost::asio::io_context io;
  std::vector<UnixSocket::socket> slow;
  for (int i = 0; i < 20; ++i) {
    slow.emplace_back(io).connect(UnixSocket::endpoint{path_});
    EXPECT_TRUE(ask_daemon(path_, {{"command", "status"}}, kPatience)) << i;
  }
  EXPECT_GE(server_->evicted(), 17u);
}

TEST_F(AdminSocket, BelongsToItsOwnerOnly) {
  serve();
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(AdminSocket, IsGoneWithItsServer) {
  { auto server = open(); }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(AdminSocket, IsReplacedIfItIsLeftOver) {
  { UnixSocket::acceptor crashed{io_, UnixSocket::endpoint{path_}}; }
  ASSERT_TRUE(std::filesystem::exists(path_));
  serve();
  EXPECT_TRUE(ask_daemon(path_, {{"command", "status"}}, kPatience));
}

TEST_F(AdminSocket, IsLeftAloneIfAnotherDaemonAnswers) {
  serve();
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.reason().message(), "another avedge already answers at '" + path_ + "'");
  EXPECT_TRUE(ask_daemon(path_, {{"command", "status"}}, kPatience));
}

TEST_F(AdminSocket, IsLeftAloneIfItIsAFile) {
  folder_.write("admin.sock", "precious");
  const auto server = open();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.reason().message(), "'" + path_ + "' exists and is not a socket");
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(AdminSocket, ClientSaysThatNobodyIsThere) {
  const auto answer = ask_daemon(path_, {{"command", "status"}}, kPatience);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.reason().message(),
            "no daemon answers at '" + path_ + "': No such file or directory");
  EXPECT_FALSE(ask_daemon(std::string(300, 'x'), {{"command", "status"}}, kPatience));
}

TEST_F(AdminSocket, ClientDoesNotWaitForever) {
  const UnixSocket::acceptor silent{io_, UnixSocket::endpoint{path_}};
  const auto answer = ask_daemon(path_, {{"command", "status"}}, std::chrono::milliseconds{20});
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.reason().message(), HasSubstr("in time"));
}

}  // namespace
}  // namespace avedge::edge
