#include "edge/lifecycle.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace avedge::edge {

SignalWatch::SignalWatch(boost::asio::io_context& io, Hooks hooks)
    : signals_{io, SIGINT, SIGTERM, SIGHUP}, hooks_{std::move(hooks)} {
  wait();
}

void SignalWatch::wait() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (!error) on_signal(number);
  });
}

void SignalWatch::on_signal(int number) {
  wait();
  if (number == SIGHUP) {
    hooks_.reload();
    return;
  }
  boost::system::error_code ignored;
  signals_.remove(SIGINT, ignored);
  signals_.remove(SIGTERM, ignored);
  hooks_.stop();
}

void notify_service_manager(std::string_view state) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (name == nullptr || std::strlen(name) >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name, std::strlen(name));
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // abstract, unix(7)

  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(name));
  sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
         reinterpret_cast<const sockaddr*>(&address), size);
  close(descriptor);
}

void ignore_broken_pipes() {
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace avedge::edge
