// The daemon's end of the admin socket: a Unix socket that only its owner (and root) can open.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "relay/core/result.h"

namespace avedge::edge {

/// Gets the whole request, gives the result. An exception becomes the error of the response.
using AdminHandler = std::function<nlohmann::json(const nlohmann::json&)>;
/// By command.
using AdminHandlers = std::map<std::string, AdminHandler>;

struct AdminLimits {
  /// One connection too many replaces the slowest.
  std::size_t connections = 16;
  /// For the request to arrive, and again for the response to leave.
  std::chrono::milliseconds time{5'000};
};

class AdminServer {
 public:
  /// Listens at once and serves while `io` runs; handlers are called on the thread that runs it.
  /// `io` outlives the server. A socket that nobody answers on is left over from a crash and is
  /// replaced. A request is not carried out when its client has gone or its time is over (see
  /// admin_protocol.h). Fails if another process answers there, or if the file is something else.
  [[nodiscard]] static Result<AdminServer> start(boost::asio::io_context& io,
                                                 const std::string& path, AdminHandlers handlers,
                                                 const AdminLimits& limits = {});
  AdminServer(AdminServer&&) noexcept;
  AdminServer& operator=(AdminServer&&) noexcept;
  /// Stops listening and removes the socket, if it is still ours.
  ~AdminServer();

  /// Connections that had to make room for others. Any thread.
  [[nodiscard]] std::uint64_t evicted() const;

 private:
  class Listener;
  explicit AdminServer(std::shared_ptr<Listener> listener);

  std::shared_ptr<Listener> listener_;
};

}  // namespace avedge::edge
