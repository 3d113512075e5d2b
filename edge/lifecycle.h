// How the daemon's life is steered from outside: signals, and systemd's notification socket.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <string_view>

namespace avedge::edge {

/// SIGINT and SIGTERM call `stop`, once; from then on they have their default action again, so
/// that a second one ends the process at once, even if the first is stuck. SIGHUP calls `reload`.
/// Both are called on the thread that runs `io`.
class SignalWatch {
 public:
  struct Hooks {
    std::function<void()> stop;
    std::function<void()> reload;
  };

  SignalWatch(boost::asio::io_context& io, Hooks hooks);

 private:
  void wait();
  void on_signal(int number);

  boost::asio::signal_set signals_;
  Hooks hooks_;
};

/// Writes `state` ("READY=1", "STOPPING=1", …; sd_notify(3)) to $NOTIFY_SOCKET. Does nothing
/// without a service manager; a failure to tell it is no reason not to serve.
void notify_service_manager(std::string_view state);

/// A write to a connection that is gone must be an error of that write, not the end of the
/// process. Call once, before any thread starts.
void ignore_broken_pipes();

}  // namespace avedge::edge
