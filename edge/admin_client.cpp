#include "edge/admin_client.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "edge/admin_protocol.h"

namespace avedge::edge {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using UnixSocket = asio::local::stream_protocol;

/// One exchange, each step starting the next, so that a single deadline covers them all.
class Exchange {
 public:
  Exchange(const std::string& path, std::string request)
      : socket_{io_}, path_{path}, request_{std::move(request)} {}

  Result<std::string> run(std::chrono::milliseconds patience) {
    // The path is bounded by sun_path; a longer one throws, and the caller reports it.
    socket_.async_connect(UnixSocket::endpoint{path_}, [this](error_code error) {
      if (!failed(error)) write();
    });
    io_.run_for(patience);
    if (!io_.stopped()) return Error{"no answer from the daemon at '" + path_ + "' in time"};
    if (error_) return Error{"no daemon answers at '" + path_ + "': " + error_.message()};
    return std::move(response_);
  }

 private:
  void write() {
    asio::async_write(socket_, asio::buffer(request_), [this](error_code error, std::size_t) {
      if (!failed(error)) read();
    });
  }

  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(response_, kLongestAdminResponse), '\n',
                           [this](error_code error, std::size_t) { failed(error); });
  }

  bool failed(error_code error) {
    error_ = error;
    return static_cast<bool>(error);
  }

  asio::io_context io_;
  UnixSocket::socket socket_;
  std::string path_;
  std::string request_;
  std::string response_;
  error_code error_;
};

}  // namespace

Result<nlohmann::json> ask_daemon(const std::string& path, const nlohmann::json& request,
                                  std::chrono::milliseconds patience) {
  try {
    nlohmann::json limited = request;
    // An order that begins later than this could finish after its client has given up.
    limited["expires"] = admin_clock() + (patience - patience / 6).count();
    const auto line = Exchange{path, admin_line(limited)}.run(patience);
    if (!line) return line.reason();
    return parse_admin_line(*line);
  } catch (const boost::system::system_error& error) {
    return Error{"'" + path + "': " + error.code().message()};
  }
}

}  // namespace avedge::edge
