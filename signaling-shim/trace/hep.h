// HEPv3, the form in which Homer and other collectors take copies of SIP messages: "HEP3", the
// length of everything, then chunks of vendor, type, length and value, all in network byte order.
#pragma once

#include <cstdint>
#include <string>

#include "signaling-shim/trace/message.h"

namespace avedge::trace {

/// What one UDP datagram takes.
inline constexpr std::size_t kMaxHepPacket = 65'507;

/// How the collector knows us.
struct HepAgent {
  std::uint32_t capture_id = 0;
  /// What it asks of agents before it believes them; empty: nothing. At most 255 bytes.
  std::string password;
};

/// The packet for `message`, whose Call-ID is the correlation id. A message that does not fit is
/// cut off at its end. `local` and `peer` are of one family, as they are on a socket.
[[nodiscard]] std::string hep_packet(const Message& message, const HepAgent& agent);

}  // namespace avedge::trace
