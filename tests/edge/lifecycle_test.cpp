#include "edge/lifecycle.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <csignal>
#include <cstdlib>

#include "temporary_folder.h"

namespace avedge::edge {
namespace {

TEST(SignalWatch, HangUpReloadsAndTerminateStops) {
  boost::asio::io_context io;
  int reloads = 0;
  int stops = 0;
  const SignalWatch watch{io,
                          {.stop =
                               [&] {
                                 ++stops;
                                 io.stop();
                               },
                           .reload = [&] { ++reloads; }}};
  std::raise(SIGHUP);
  while (reloads == 0 && io.run_one_for(std::chrono::seconds{10}) != 0) {
  }
  EXPECT_EQ(reloads, 1);
  std::raise(SIGTERM);
  io.run();
  EXPECT_EQ(reloads, 1);
  EXPECT_EQ(stops, 1);
}

void stop_that_is_interrupted() {
  boost::asio::io_context io;
  const SignalWatch watch{io, {.stop = [] { std::raise(SIGINT); }, .reload = [] {}}};
  std::raise(SIGTERM);
  io.run();
}

TEST(SignalWatchDeathTest, ASecondSignalEndsAStuckStop) {
  EXPECT_EXIT(stop_that_is_interrupted(), testing::KilledBySignal(SIGINT), "");
}

TEST(ServiceManager, IsTold) {
  const TemporaryFolder folder;
  boost::asio::io_context io;
  using Datagrams = boost::asio::local::datagram_protocol;
  const std::string abstract = "@avedge-test-" + std::to_string(getpid());
  std::string kernel_name = abstract;
  kernel_name[0] = '\0';
  for (const auto& [name, endpoint] :
       {std::pair{folder.file("notify"), Datagrams::endpoint{folder.file("notify")}},
        std::pair{abstract, Datagrams::endpoint{kernel_name}}}) {
    Datagrams::socket manager{io, endpoint};
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    notify_service_manager("READY=1");
    std::string text(64, '\0');
    text.resize(manager.receive(boost::asio::buffer(text)));
    EXPECT_EQ(text, "READY=1");
  }
  unsetenv("NOTIFY_SOCKET");
}

TEST(ServiceManager, NeedNotBeThere) {
  unsetenv("NOTIFY_SOCKET");
  notify_service_manager("READY=1");
  setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
  notify_service_manager("READY=1");
  setenv("NOTIFY_SOCKET", std::string(300, 'x').c_str(), 1);
  notify_service_manager("READY=1");
  unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace avedge::edge
