// What an IP header says besides addresses, and what of it a relayed datagram keeps (RFC 8656 §14).
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "relay/core/endpoint.h"

namespace avedge::relay {

struct IpHeaderFields {
  std::uint8_t traffic_class = 0;  // DSCP and ECN: TOS of IPv4, Traffic Class of IPv6
  std::uint8_t hop_limit = 0;      // TTL of IPv4; 0: unknown, or whatever the system sends
  friend bool operator==(const IpHeaderFields&, const IpHeaderFields&) = default;
};

/// What becomes of the header fields of a datagram when it is relayed.
struct DscpTtlPolicy {
  /// Everything relayed leaves with this DSCP, and without ECN. Nothing: with what it came with.
  std::optional<std::uint8_t> dscp;
  /// Relayed packets lose one hop. Otherwise the limit is reset.
  bool decrements_hop_limit = false;

  /// What sockets mark by themselves.
  [[nodiscard]] IpHeaderFields socket_default() const {
    return {static_cast<std::uint8_t>(dscp.value_or(0) << 2), 0};
  }
  /// The header fields to send with; nothing if the datagram's hop limit is used up.
  [[nodiscard]] std::optional<IpHeaderFields> relayed(const IpHeaderFields& received) const {
    IpHeaderFields fields{dscp ? socket_default().traffic_class : received.traffic_class, 0};
    if (!decrements_hop_limit || received.hop_limit == 0) return fields;
    if (received.hop_limit == 1) return std::nullopt;
    fields.hop_limit = static_cast<std::uint8_t>(received.hop_limit - 1);
    return fields;
  }
  /// Whether received header fields matter at all: the kernel is asked for them only then.
  [[nodiscard]] bool reads_fields() const { return !dscp || decrements_hop_limit; }
};

/// Room for the ancillary data of one datagram.
struct HeaderFieldsBuffer {
  alignas(cmsghdr) std::array<std::byte, 2 * CMSG_SPACE(sizeof(int))> bytes;
};

/// Has the socket tell the header fields of what it receives, as far as `policy` needs them, and
/// send DscpTtlPolicy::socket_default().
bool apply_dscp_ttl_policy(int fd, AddressFamily family, const DscpTtlPolicy& dscp_ttl);

/// Has `message`, to an address of `family`, leave with `header fields` whatever its socket's
/// default is.
void set_header_fields(msghdr& message, HeaderFieldsBuffer& buffer, AddressFamily family,
                       const IpHeaderFields& fields);

}  // namespace avedge::relay
