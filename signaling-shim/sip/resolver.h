// Names of next hops to addresses, without making the signalling thread wait.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <string>
#include <vector>

#include "relay/core/endpoint.h"

namespace avedge::sip {

class Resolver {
 public:
  /// No addresses: the name is unknown, or nobody answers at present.
  using Done = std::function<void(std::vector<IpAddress>)>;

  virtual ~Resolver() = default;
  /// Calls `done` once, on the signalling thread, possibly after the Resolver's destruction.
  virtual void resolve(const std::string& name, Done done) = 0;
};

/// The system's resolver (getaddrinfo, on Asio's own thread). Addresses only: SRV is not asked for.
class SystemResolver : public Resolver {
 public:
  explicit SystemResolver(boost::asio::io_context& io) : resolver_{io} {}
  void resolve(const std::string& name, Done done) override;

 private:
  boost::asio::ip::tcp::resolver resolver_;
};

}  // namespace avedge::sip
