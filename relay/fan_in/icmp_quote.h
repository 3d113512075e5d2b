// What an ICMP error says about a UDP datagram of ours, read from the message itself: it quotes the
// beginning of what could not be delivered (RFC 792, RFC 4443 §3).
#pragma once

#include <optional>

#include "relay/core/bytes.h"
#include "relay/core/slow_path.h"

namespace avedge::relay {

struct QuotedDatagram {
  Endpoint local;  // who sent it
  Endpoint peer;   // whom it was for
  IcmpError error;
};

/// `packet` as a raw socket of IPPROTO_ICMP receives it: with its own IPv4 header. Nothing if it is
/// no error about a UDP datagram, or too short to tell; options before the quoted header are fine.
[[nodiscard]] std::optional<QuotedDatagram> read_icmp(ConstBytes packet);
/// `message` as a raw socket of IPPROTO_ICMPV6 receives it: without the IPv6 header. The quoted
/// datagram must have no extension headers: what we send has none.
[[nodiscard]] std::optional<QuotedDatagram> read_icmpv6(ConstBytes message);

}  // namespace avedge::relay
