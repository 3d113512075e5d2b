#include "relay/fan_in/icmp_quote.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

namespace avedge::relay {
namespace {

constexpr std::size_t kIcmpHeader = 8;
constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kFragmentHeader = 8;
/// Source and destination port.
constexpr std::size_t kPorts = 4;

std::uint8_t byte_at(ConstBytes bytes, std::size_t at) {
  return std::to_integer<std::uint8_t>(bytes[at]);
}

/// With its options; 0 if this is not a whole IPv4 header.
std::size_t ipv4_header_size(ConstBytes packet) {
  if (packet.size() < kIpv4Header || byte_at(packet, 0) >> 4 != 4) return 0;
  const std::size_t size = std::size_t{byte_at(packet, 0) & 0xfu} * 4;
  return size >= kIpv4Header && size <= packet.size() ? size : 0;
}

QuotedDatagram quoted(ConstBytes source, ConstBytes destination, ConstBytes ports,
                      const IcmpError& error) {
  return {{*IpAddress::from_bytes(source), Port{load_be16(ports.data())}},
          {*IpAddress::from_bytes(destination), Port{load_be16(ports.data() + 2)}},
          error};
}

/// What UDP there is behind a whole IPv6 header, if it is the beginning of a datagram.
std::optional<ConstBytes> ipv6_payload(ConstBytes ip) {
  const ConstBytes rest = ip.subspan(kIpv6Header);
  const std::uint8_t next_header = byte_at(ip, 6);
  if (next_header == IPPROTO_UDP) return rest;
  if (next_header != IPPROTO_FRAGMENT || rest.size() < kFragmentHeader) return std::nullopt;
  const bool is_first = (load_be16(&rest[2]) & 0xfff8) == 0;
  if (byte_at(rest, 0) != IPPROTO_UDP || !is_first) return std::nullopt;
  return rest.subspan(kFragmentHeader);
}

}  // namespace

std::optional<QuotedDatagram> read_icmp(ConstBytes packet) {
  const std::size_t outer = ipv4_header_size(packet);
  if (outer == 0 || packet.size() < outer + kIcmpHeader) return std::nullopt;
  const ConstBytes icmp = packet.subspan(outer);
  const std::uint8_t type = byte_at(icmp, 0);
  const std::uint8_t code = byte_at(icmp, 1);
  if (type != ICMP_DEST_UNREACH && type != ICMP_TIME_EXCEEDED && type != ICMP_PARAMETERPROB) {
    return std::nullopt;
  }
  // RFC 1191 §4.
  const bool has_mtu = type == ICMP_DEST_UNREACH && code == ICMP_FRAG_NEEDED;

  const ConstBytes ip = icmp.subspan(kIcmpHeader);
  const std::size_t inner = ipv4_header_size(ip);
  if (inner == 0 || ip.size() < inner + kPorts) return std::nullopt;
  // Only the first fragment of a datagram has its ports.
  if (byte_at(ip, 9) != IPPROTO_UDP || (load_be16(&ip[6]) & 0x1fff) != 0) return std::nullopt;
  return quoted(ip.subspan(12, 4), ip.subspan(16, 4), ip.subspan(inner, kPorts),
                {type, code, has_mtu ? load_be16(&icmp[6]) : 0u});
}

std::optional<QuotedDatagram> read_icmpv6(ConstBytes message) {
  if (message.size() < kIcmpHeader + kIpv6Header) return std::nullopt;
  const std::uint8_t type = byte_at(message, 0);
  if (type < ICMP6_DST_UNREACH || type > ICMP6_PARAM_PROB) return std::nullopt;
  const ConstBytes ip = message.subspan(kIcmpHeader);
  const auto udp = ipv6_payload(ip);
  if (byte_at(ip, 0) >> 4 != 6 || !udp || udp->size() < kPorts) return std::nullopt;
  return quoted(
      ip.subspan(8, 16), ip.subspan(24, 16), *udp,
      {type, byte_at(message, 1), type == ICMP6_PACKET_TOO_BIG ? load_be32(&message[4]) : 0u});
}

}  // namespace avedge::relay
