// What an ICMP error says about a UDP datagram of ours, read from the message itself: it quotes the
// beginning of what could not be delivered (RFC 792, RFC 4443 §3).
#pragma once

#include <optional>

#include "relay/core/bytes.h"
#include "relay/core/slow_path.h"

namespace avedge::relay {

struct QuotedDatagram {
  Endpoint local;  // the sender
  Endpoint peer;   // the receiver
  IcmpError error;
};

/// `packet` as a raw socket of IPPROTO_ICMP receives it: with its own IPv4 header, and an
/// unverified checksum: it can be forged or corrupt. Nothing if it is not an error about a UDP
/// datagram, or is too short; options before the quoted header are accepted.
[[nodiscard]] std::optional<QuotedDatagram> read_icmp(ConstBytes packet);
/// `message` as a raw socket of IPPROTO_ICMPV6 receives it: without the IPv6 header. The quoted
/// datagram may be the first fragment of one (RFC 8200 §4.5); we send no other extension headers.
[[nodiscard]] std::optional<QuotedDatagram> read_icmpv6(ConstBytes message);

}  // namespace avedge::relay
