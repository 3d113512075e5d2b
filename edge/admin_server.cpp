#include "edge/admin_server.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "edge/admin_protocol.h"
#include "signaling-shim/net/accept_loop.h"
#include "signaling-shim/net/bounded_connections.h"

namespace avedge::edge {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using UnixSocket = asio::local::stream_protocol;

/// What connections share with their listener; lives as long as the last of them.
struct Shared {
  AdminHandlers handlers;
  AdminLimits limits;
  std::shared_ptr<net::BoundedConnections> connections;
};

nlohmann::json answer(const AdminHandlers& handlers, std::string_view line) {
  auto request = parse_admin_line(line);
  if (!request) return admin_failure(request.reason().message());
  const auto expires = request->find("expires");
  if (expires != request->end() &&
      (!expires->is_number_integer() || expires->get<std::int64_t>() <= admin_clock())) {
    return admin_failure("the request waited too long and was not carried out; repeat it");
  }
  request->erase("expires");
  const auto command = request->find("command");
  if (command == request->end() || !command->is_string()) {
    return admin_failure("the request names no command");
  }
  const auto handler = handlers.find(command->get<std::string>());
  if (handler == handlers.end()) return admin_failure("unknown command");
  try {
    return admin_success(handler->second(*request));
  } catch (const std::exception& error) {
    return admin_failure(error.what());
  }
}

/// One question, one answer.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(UnixSocket::socket socket, std::shared_ptr<Shared> shared)
      : socket_{std::move(socket)},
        deadline_{socket_.get_executor()},
        shared_{std::move(shared)},
        place_{net::BoundedConnections::enter(shared_->connections, [this] { close(); })} {}

  void read() {
    arm_deadline();
    asio::async_read_until(socket_, asio::dynamic_buffer(request_, kLongestAdminRequest), '\n',
                           [self = shared_from_this()](error_code error, std::size_t size) {
                             self->on_read(error, size);
                           });
  }

 private:
  void on_read(error_code error, std::size_t size) {
    if (error == asio::error::not_found) {
      response_ = admin_line(admin_failure("the request is too long"));
    } else if (error) {
      deadline_.cancel();
      return;
    } else {
      if (is_abandoned()) return close();
      place_.made_progress();
      const std::string_view line{request_.data(), size};
      response_ = admin_line(answer(shared_->handlers, line));
    }
    write();
  }

  /// Whether the client gets no answer any more: it closed its end, or we did, while its request
  /// waited to be looked at. It takes the order for failed then, so the order is not carried out.
  /// Shutting down the sending half only is not that.
  bool is_abandoned() {
    if (!socket_.is_open()) return true;
    pollfd asked{socket_.native_handle(), 0, 0};
    return poll(&asked, 1, 0) == 1 && (asked.revents & (POLLHUP | POLLERR)) != 0;
  }

  void write() {
    arm_deadline();
    asio::async_write(socket_, asio::buffer(response_),
                      [self = shared_from_this()](error_code, std::size_t) {
                        self->deadline_.cancel();
                        error_code ignored;
                        self->socket_.shutdown(UnixSocket::socket::shutdown_both, ignored);
                      });
  }

  void arm_deadline() {
    deadline_.expires_after(shared_->limits.time);
    deadline_.async_wait([self = shared_from_this()](error_code cancelled) {
      if (!cancelled) self->close();
    });
  }

  void close() {
    error_code ignored;
    socket_.close(ignored);
    deadline_.cancel();
  }

  UnixSocket::socket socket_;
  asio::steady_timer deadline_;
  std::shared_ptr<Shared> shared_;
  net::BoundedConnections::Place place_;
  std::string request_;
  std::string response_;
};

/// Removes a socket that a dead process left behind, and nothing else.
Result<void> clear_stale_socket(asio::io_context& io, const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return {};
  if (!S_ISSOCK(status.st_mode)) return Error{"'" + path + "' exists and is not a socket"};

  UnixSocket::socket probe{io};
  error_code error;
  probe.connect(UnixSocket::endpoint{path}, error);
  if (!error) return Error{"another avedge already answers at '" + path + "'"};
  if (error != asio::error::connection_refused) {
    return Error{"cannot tell who owns '" + path + "': " + error.message()};
  }
  if (unlink(path.c_str()) != 0) return Error::from_errno("cannot replace '" + path + "'");
  return {};
}

}  // namespace

class AdminServer::Listener : public net::AcceptLoop<UnixSocket> {
 public:
  Listener(asio::io_context& io, std::string path, AdminHandlers handlers,
           const AdminLimits& limits)
      : AcceptLoop{io}, path_{std::move(path)}, shared_{std::make_shared<Shared>()} {
    shared_->handlers = std::move(handlers);
    shared_->limits = limits;
    shared_->connections = std::make_shared<net::BoundedConnections>(limits.connections);
  }

  Result<void> listen() {
    error_code error;
    acceptor().open(UnixSocket{}, error);
    // On Linux the file takes its mode from the unbound socket, so it is never open to others,
    // not even for a moment.
    if (!error && fchmod(acceptor().native_handle(), S_IRUSR | S_IWUSR) != 0) {
      return Error::from_errno("cannot protect the admin socket");
    }
    if (!error) acceptor().bind(UnixSocket::endpoint{path_}, error);
    if (!error) acceptor().listen(asio::socket_base::max_listen_connections, error);
    if (error) return Error{"cannot open the admin socket '" + path_ + "': " + error.message()};
    if (lstat(path_.c_str(), &file_) != 0) return Error::from_errno("'" + path_ + "' vanished");
    return {};
  }

  void close() {
    stop_accepting();
    struct stat now {};
    const bool still_ours =
        lstat(path_.c_str(), &now) == 0 && now.st_dev == file_.st_dev && now.st_ino == file_.st_ino;
    if (still_ours) unlink(path_.c_str());
  }
  [[nodiscard]] std::uint64_t evicted() const { return shared_->connections->evicted(); }

 private:
  void serve(UnixSocket::socket socket) override {
    std::make_shared<Connection>(std::move(socket), shared_)->read();
  }

  std::string path_;
  struct stat file_ {};
  std::shared_ptr<Shared> shared_;
};

Result<AdminServer> AdminServer::start(asio::io_context& io, const std::string& path,
                                       AdminHandlers handlers, const AdminLimits& limits) {
  if (auto cleared = clear_stale_socket(io, path); !cleared) return cleared.reason();
  auto listener = std::make_shared<Listener>(io, path, std::move(handlers), limits);
  if (auto listening = listener->listen(); !listening) return listening.reason();
  listener->accept();
  return AdminServer{std::move(listener)};
}

AdminServer::AdminServer(std::shared_ptr<Listener> listener) : listener_{std::move(listener)} {}
AdminServer::AdminServer(AdminServer&&) noexcept = default;

AdminServer& AdminServer::operator=(AdminServer&& other) noexcept {
  std::swap(listener_, other.listener_);
  return *this;
}

std::uint64_t AdminServer::evicted() const {
  return listener_->evicted();
}

AdminServer::~AdminServer() {
  if (listener_ != nullptr) listener_->close();
}

}  // namespace avedge::edge
