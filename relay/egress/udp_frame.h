// The headers of a UDP datagram for a packet socket: Ethernet, IP, UDP, preceded by the checksum's
// position for the kernel.
#pragma once

#include "relay/core/bytes.h"
#include "relay/host/next_hop.h"
#include "relay/sockets/ip_header_fields.h"

namespace avedge::relay {

/// virtio_net_hdr (PACKET_VNET_HDR), Ethernet, IPv6, UDP.
inline constexpr std::size_t kMaxFrameHeader = 10 + 14 + 40 + 8;

struct DatagramHeader {
  Endpoint from;
  Endpoint to;  // of the same family
  IpHeaderFields fields;
  std::uint16_t identification = 0;  // IPv4
  std::size_t payload_size = 0;
  /// What the payload is to be cut into; 0 if it is one datagram.
  std::uint16_t segment_size = 0;
};

/// Bytes of the IP packet around a UDP payload: what counts for the MTU.
[[nodiscard]] constexpr std::size_t packet_size(AddressFamily family, std::size_t payload_size) {
  return (family == AddressFamily::ipv4 ? 20 : 40) + 8 + payload_size;
}

/// Writes everything that goes in front of the payload, and returns its size. The UDP checksum is
/// left to the network card, or to the kernel where that cannot (RFC 768, RFC 8200 §8.1); so is
/// cutting into segments. `into`
/// has at least kMaxFrameHeader bytes. Runs per packet.
std::size_t write_frame_header(std::byte* into, const NextHop& hop, const DatagramHeader& datagram);

}  // namespace avedge::relay
