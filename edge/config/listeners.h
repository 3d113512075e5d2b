// From `bind` and `transports` to the sockets that will be opened, and the one place that knows
// about all of them: two listeners that collide are found here, not by bind(2).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <utility>

#include "edge/config.h"
#include "edge/config/section.h"

namespace avedge::edge {

class Listeners {
 public:
  /// Refers to the interfaces and relay ranges of `config`, which must be read by then.
  Listeners(const Config& config, Problems& problems) : config_{config}, problems_{problems} {}

  /// Reads `bind` and `transports` of one [[….listener]].
  std::optional<Listener> read(Section& section, std::span<const Transport> supported);

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
  void claim(const Endpoint& endpoint, Transport transport, const Place& place);
  [[nodiscard]] const RelayRange* relay_over(const Endpoint& endpoint) const;

  const Config& config_;
  Problems& problems_;
  std::map<std::pair<Endpoint, Transport>, std::size_t> claimed_;  // → line
};

}  // namespace avedge::edge
