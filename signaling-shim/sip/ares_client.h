// DNS by c-ares, on the signalling thread's io_context.
#pragma once

#include <ares.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>

#include "relay/core/result.h"
#include "signaling-shim/sip/dns_client.h"

namespace avedge::sip {

class AresClient : public DnsClient {
 public:
  /// Queries `servers`, or the system's servers if empty. `io` must outlive the client.
  static Result<std::unique_ptr<AresClient>> open(boost::asio::io_context& io,
                                                  const std::vector<Endpoint>& servers);
  ~AresClient() override;

  void naptr(const std::string& name, Done<NaptrRecord> done) override;
  void srv(const std::string& name, Done<SrvRecord> done) override;
  void addresses(const std::string& name, Done<IpAddress> done) override;

 private:
  /// One direction of a socket that c-ares opens and closes.
  struct Interest {
    bool wanted = false;
    bool waiting = false;
  };
  struct Watch {
    Watch(boost::asio::io_context& io, int fd) : descriptor{io, fd} {}
    boost::asio::posix::stream_descriptor descriptor;
    Interest read;
    Interest write;
  };

  explicit AresClient(boost::asio::io_context& io) : io_{io}, timer_{io} {}
  void query(const std::string& name, int type, ares_callback callback, void* argument);
  void on_socket(int fd, bool readable, bool writable);
  void wait_to_read(int fd, const std::shared_ptr<Watch>& watch);
  void wait_to_write(int fd, const std::shared_ptr<Watch>& watch);
  void process(int readable, int writable);
  void arm_timer();

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  ares_channel stream_ = nullptr;
  std::map<int, std::shared_ptr<Watch>> watches_;
  /// Handlers hold it weakly; if it has expired, they do nothing.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace avedge::sip
