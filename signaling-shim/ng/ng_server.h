// The ng side as one object: sockets, a timer and the service between them, all on the one thread
// that runs the io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "signaling-shim/net/udp_socket.h"
#include "signaling-shim/ng/request_handler.h"
#include "signaling-shim/ng/service.h"

namespace avedge::ng {

class NgServer final : private RequestHandler {
 public:
  /// Everything passed by reference must outlive it.
  NgServer(boost::asio::io_context& io, Settings settings, anchor::Sessions& sessions,
           Counters& counters);
  ~NgServer() override;
  NgServer(const NgServer&) = delete;
  NgServer& operator=(const NgServer&) = delete;

  /// Binds every listener; on failure nothing stays bound. Call it once, on the signalling thread
  /// or before that runs.
  Result<void> start();
  /// Closes all sockets; no handler touches this object afterwards. On the signalling thread.
  /// Idempotent.
  void stop();

  /// With the ports that were really bound. After start().
  [[nodiscard]] const std::vector<Listener>& listeners() const { return settings_.listeners; }

 private:
  class StreamListener;

  [[nodiscard]] std::optional<std::string> on_message(std::string_view peer,
                                                      std::string_view message) override;
  [[nodiscard]] std::string on_payload(std::string_view payload) override;

  Result<void> bind(Listener& listener);
  Result<void> bind_ports(Listener& listener);
  void serve_udp(net::UdpSocket& socket, const Listener& listener);
  void arm_tick();

  Settings settings_;
  Counters& counters_;
  boost::asio::io_context& io_;
  Service service_;
  std::shared_ptr<ListenerContext> context_;
  std::vector<std::shared_ptr<net::UdpSocket>> udp_;
  std::vector<std::shared_ptr<StreamListener>> streams_;
  boost::asio::steady_timer tick_;
  std::shared_ptr<bool> alive_;  // the timer's handler holds it weakly: gone means do nothing
};

}  // namespace avedge::ng
