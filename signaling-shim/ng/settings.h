// What the operator decided about the ng protocol, as plain values.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "relay/core/endpoint.h"
#include "relay/core/prefix.h"

namespace avedge::ng {

enum class Transport : std::uint8_t {
  udp,   // one datagram, one message
  tcp,   // bencode, back to back
  http,  // POST /ng, POST /ng-plain, GET /ping
  ws     // WebSocket, by an upgrade on the port of http
};

/// One [[ng.listener]] on one address.
struct Listener {
  /// A specific address; port 0 lets the kernel choose (tests).
  Endpoint local;
  /// tcp does not go together with http and ws: a port speaks one or the other.
  std::vector<Transport> transports;
  /// Who may speak here: the protocol knows no passwords.
  std::vector<Prefix> allow;
  /// Bind to this network device; empty: do not.
  std::string device;

  [[nodiscard]] bool offers(Transport transport) const;
  [[nodiscard]] bool allows(const IpAddress& source) const;
};

/// What keeps clients that are broken or malicious in bounds.
struct Limits {
  /// TCP, HTTP and WebSocket, all listeners together.
  std::size_t connections = 256;
  /// For a message that has begun, and for a reply to leave.
  std::chrono::seconds message_timeout{10};
  /// A connection on which nothing happens; proxies keep theirs, and ping once a minute.
  std::chrono::seconds idle_timeout{300};
};

struct Settings {
  std::vector<Listener> listeners;
  /// Those with a relay range, by name; the first faces both parties of a call without `direction`.
  std::vector<std::string> interfaces;
  Limits limits;
};

}  // namespace avedge::ng
