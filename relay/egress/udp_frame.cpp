#include "relay/egress/udp_frame.h"

#include <net/ethernet.h>
#include <netinet/in.h>

namespace avedge::relay {
namespace {

constexpr std::size_t kEthernet = 14;
constexpr std::size_t kIpv4 = 20;
constexpr std::size_t kIpv6 = 40;
constexpr std::size_t kUdp = 8;
/// Where the checksum lies in a UDP header (RFC 768).
constexpr std::uint16_t kUdpChecksumAt = 6;
/// Linux's default initial hop limit (RFC 1700).
constexpr std::uint8_t kInitialHopLimit = 64;

/// virtio_net_hdr in its short form, in this machine's byte order; its own header is not valid C++.
struct OffloadHeader {
  std::uint8_t flags = 1;  // VIRTIO_NET_HDR_F_NEEDS_CSUM
  std::uint8_t segmentation = 0;
  std::uint16_t header_length = 0;
  std::uint16_t segment_size = 0;
  std::uint16_t checksum_start = 0;   // from the frame's first byte
  std::uint16_t checksum_offset = 0;  // from there
};

static_assert(sizeof(OffloadHeader) + kEthernet + kIpv6 + kUdp == kMaxFrameHeader);

/// RFC 1071, over an even number of bytes.
std::uint32_t sum_of(ConstBytes bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) sum += load_be16(&bytes[i]);
  return sum;
}

std::uint16_t fold(std::uint32_t sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>((sum & 0xffff) + (sum >> 16));
}

/// The checksum starts behind the IP header; what is in its field is summed along.
std::byte* write_offload(std::byte* at, std::size_t ip_header, std::uint16_t segment_size) {
  constexpr std::uint8_t kCutDatagrams = 5;  // VIRTIO_NET_HDR_GSO_UDP_L4, since Linux 6.2
  OffloadHeader header;
  if (segment_size != 0) {
    header.segmentation = kCutDatagrams;
    header.header_length = static_cast<std::uint16_t>(kEthernet + ip_header + kUdp);
    header.segment_size = segment_size;
  }
  header.checksum_start = static_cast<std::uint16_t>(kEthernet + ip_header);
  header.checksum_offset = kUdpChecksumAt;
  std::memcpy(at, &header, sizeof header);
  return at + sizeof header;
}

std::byte* write_ethernet(std::byte* at, const NextHop& hop, std::uint16_t type) {
  std::memcpy(at, hop.to.data(), hop.to.size());
  std::memcpy(at + 6, hop.from.data(), hop.from.size());
  store_be16(at + 12, type);
  return at + kEthernet;
}

std::uint8_t hop_limit_of(const IpHeaderFields& fields) {
  return fields.hop_limit == 0 ? kInitialHopLimit : fields.hop_limit;
}

std::byte* write_ipv4(std::byte* at, const DatagramHeader& datagram) {
  constexpr std::uint16_t kVersionAndLength = 0x4500;
  store_be16(at, static_cast<std::uint16_t>(kVersionAndLength | datagram.fields.traffic_class));
  store_be16(at + 2, static_cast<std::uint16_t>(kIpv4 + kUdp + datagram.payload_size));
  store_be16(at + 4, datagram.identification);
  store_be16(at + 6, 0);  // may be fragmented on its route
  store_be16(at + 8, static_cast<std::uint16_t>(hop_limit_of(datagram.fields) << 8 | IPPROTO_UDP));
  store_be16(at + 10, 0);
  std::memcpy(at + 12, datagram.from.address.bytes().data(), 4);
  std::memcpy(at + 16, datagram.to.address.bytes().data(), 4);
  store_be16(at + 10, static_cast<std::uint16_t>(~fold(sum_of({at, kIpv4}))));
  return at + kIpv4;
}

std::byte* write_ipv6(std::byte* at, const DatagramHeader& datagram) {
  constexpr std::uint32_t kVersion = 6;
  store_be32(at, kVersion << 28 | std::uint32_t{datagram.fields.traffic_class} << 20);
  store_be16(at + 4, static_cast<std::uint16_t>(kUdp + datagram.payload_size));
  store_be16(at + 6, static_cast<std::uint16_t>(IPPROTO_UDP << 8 | hop_limit_of(datagram.fields)));
  std::memcpy(at + 8, datagram.from.address.bytes().data(), 16);
  std::memcpy(at + 24, datagram.to.address.bytes().data(), 16);
  return at + kIpv6;
}

/// With the pseudo header's sum in the checksum field, as checksum offload expects.
std::byte* write_udp(std::byte* at, const DatagramHeader& datagram) {
  const auto size = static_cast<std::uint16_t>(kUdp + datagram.payload_size);
  store_be16(at, datagram.from.port.number());
  store_be16(at + 2, datagram.to.port.number());
  store_be16(at + 4, size);
  const std::uint32_t pseudo = sum_of(datagram.from.address.bytes()) +
                               sum_of(datagram.to.address.bytes()) + IPPROTO_UDP + size;
  store_be16(at + kUdpChecksumAt, fold(pseudo));
  return at + kUdp;
}

}  // namespace

std::size_t write_frame_header(std::byte* into, const NextHop& hop,
                               const DatagramHeader& datagram) {
  const bool is_v4 = datagram.to.address.is_v4();
  std::byte* at = write_offload(into, is_v4 ? kIpv4 : kIpv6, datagram.segment_size);
  at = write_ethernet(at, hop, is_v4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
  at = is_v4 ? write_ipv4(at, datagram) : write_ipv6(at, datagram);
  at = write_udp(at, datagram);
  return static_cast<std::size_t>(at - into);
}

}  // namespace avedge::relay
