#include "signaling-shim/sip/resolver.h"

#include "signaling-shim/sip/asio_sockets.h"

namespace avedge::sip {

void SystemResolver::resolve(const std::string& name, Done done) {
  resolver_.async_resolve(
      name, "", [done = std::move(done)](const boost::system::error_code& failed, auto results) {
        std::vector<IpAddress> addresses;
        if (!failed) {
          for (const auto& result : results) {
            addresses.push_back(from_asio(result.endpoint()).address);
          }
        }
        done(std::move(addresses));
      });
}

}  // namespace avedge::sip
