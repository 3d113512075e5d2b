// A SIP peer: one hop away, over one transport, through one of our listeners.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "relay/core/endpoint.h"

namespace avedge::sip {

/// Index into Settings::listeners.
enum class ListenerIndex : std::uint8_t {};
/// Identifies a TCP connection for the life of the process. None for UDP, and for any connection.
enum class ConnectionId : std::uint64_t { none = 0 };

struct SipFlow {
  ListenerIndex listener{};
  Transport transport = Transport::udp;
  /// Used while it is open; afterwards, or with none, a connection to `remote`.
  ConnectionId connection = ConnectionId::none;
  /// Where the peer receives.
  Endpoint remote;
  friend auto operator<=>(const SipFlow&, const SipFlow&) = default;
};

/// An outgoing message.
struct Send {
  SipFlow to;
  std::string bytes;
};
using Outbox = std::vector<Send>;

}  // namespace avedge::sip
