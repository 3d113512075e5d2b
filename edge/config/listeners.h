// From `bind` and `transports` to the sockets that will be opened, and the one place that knows
// about all of them: two listeners that collide are found here, not by bind(2).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>

#include "edge/config.h"
#include "edge/config/section.h"
#include "edge/config/supported.h"

namespace avedge::edge {

class Listeners {
 public:
  /// Refers to the interfaces, relay ranges and certificates of `config`, which must be read by
  /// then.
  Listeners(const Config& config, Problems& problems) : config_{config}, problems_{problems} {}

  /// Reads one [[….listener]]: `bind`, `transports`, and what else that service supports. Its own
  /// keys are asked for before that: what is left is unknown.
  std::optional<Listener> read(Section& section, const SupportedListener& supported);

  /// The sockets of a `bind` for a protocol of its own, over UDP, TCP or both.
  struct Sockets {
    bool udp = false;
    bool tcp = false;
  };
  std::optional<std::vector<ListenAddress>> read_bind(Section& section, Sockets sockets);

  /// "ADDRESS:PORT" for a TCP service of our own that has no interface.
  std::optional<Endpoint> read_service(const Located<std::string>& bind);

 private:
  struct Target {
    std::string interface;
    std::vector<ListenAddress> addresses;
  };

  std::optional<Target> resolve(const Located<std::string>& bind);
  std::optional<Target> resolve_address(const Located<std::string>& bind, const Endpoint& endpoint);
  std::optional<Target> resolve_interface(const Located<std::string>& bind);
  std::vector<Transport> transports(Section& section, std::span<const Transport> supported);
  void read_certificate(Section& section, Listener& listener);
  void read_proxy_protocol(Section& section, Listener& listener);
  void claim_all(const Listener& listener, const Place& place);
  void token(const Endpoint& endpoint, Transport kind, const Place& place);
  [[nodiscard]] const RelayRange* relay_over(const Endpoint& endpoint) const;

  const Config& config_;
  Problems& problems_;
  std::map<std::pair<Endpoint, Transport>, std::size_t> claimed_;  // → line
};

}  // namespace avedge::edge
