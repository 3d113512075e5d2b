#include "bench/load/frame.h"

#include <net/ethernet.h>
#include <netinet/ip.h>

#include <charconv>
#include <sstream>

#include "relay/egress/udp_frame.h"

namespace avedge::bench {
namespace {

std::optional<std::byte> parse_hex_byte(std::string_view text) {
  std::uint8_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, 16);
  if (text.size() != 2 || error != std::errc{} || stopped != end) return std::nullopt;
  return std::byte{value};
}

/// RFC 1071: a last odd byte counts as if a zero followed.
std::uint32_t sum_of(ConstBytes bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += load_be16(&bytes[i]);
  if (bytes.size() % 2 != 0) sum += std::to_integer<std::uint32_t>(bytes.back()) << 8;
  return sum;
}

std::uint16_t internet_checksum(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

void write_ip_header(ByteWriter& writer, const FrameFlow& flow) {
  constexpr std::uint8_t kVersionAndLength = 0x45;
  constexpr std::uint8_t kTimeToLive = 64;
  std::array<std::byte, 20> header{};
  ByteWriter fields{header};
  fields.u8(kVersionAndLength);
  fields.u8(0);
  fields.u16(static_cast<std::uint16_t>(sizeof(iphdr) + 8 + flow.payload.size()));
  fields.u32(0);  // identification, no fragments
  fields.u8(kTimeToLive);
  fields.u8(IPPROTO_UDP);
  fields.u16(0);
  fields.bytes(flow.source.address.bytes());
  fields.bytes(flow.destination.address.bytes());
  store_be16(&header[10], internet_checksum(sum_of(header)));
  writer.bytes(header);
}

/// RFC 768: the pseudo header is summed along; a sum of zero is sent as ones.
std::uint16_t udp_checksum(const FrameFlow& flow, ConstBytes datagram) {
  const std::uint16_t checksum = internet_checksum(
      sum_of(flow.source.address.bytes()) + sum_of(flow.destination.address.bytes()) + IPPROTO_UDP +
      static_cast<std::uint32_t>(datagram.size()) + sum_of(datagram));
  return checksum != 0 ? checksum : 0xffff;
}

}  // namespace

std::optional<MacAddress> parse_mac(std::string_view text) {
  MacAddress mac{};
  if (text.size() != 3 * mac.size() - 1) return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const auto octet = parse_hex_byte(text.substr(3 * i, 2));
    if (!octet || (i > 0 && text[3 * i - 1] != ':')) return std::nullopt;
    mac[i] = *octet;
  }
  return mac;
}

std::optional<FrameFlow> parse_frame_flow(const std::string& line) {
  std::istringstream words{line};
  std::string source;
  std::string destination;
  std::string prefix;
  std::size_t size = 0;
  if (!(words >> source >> destination >> size)) return std::nullopt;
  words >> prefix;
  const auto from = Endpoint::parse(source);
  const auto to = Endpoint::parse(destination);
  if (!from || !to || !from->address.is_v4() || !to->address.is_v4()) return std::nullopt;
  if (prefix.size() % 2 != 0 || prefix.size() / 2 > size || size > 1472) return std::nullopt;
  FrameFlow flow{*from, *to, std::vector<std::byte>(size)};
  for (std::size_t i = 0; i < prefix.size() / 2; ++i) {
    const auto octet = parse_hex_byte(std::string_view{prefix}.substr(2 * i, 2));
    if (!octet) return std::nullopt;
    flow.payload[i] = *octet;
  }
  return flow;
}

std::vector<std::byte> make_frame(const MacAddress& from, const MacAddress& to,
                                  const FrameFlow& flow) {
  std::vector<std::byte> frame(kFrameHeader + flow.payload.size());
  ByteWriter writer{frame};
  writer.bytes(to);
  writer.bytes(from);
  writer.u16(ETHERTYPE_IP);
  write_ip_header(writer, flow);
  writer.u16(flow.source.port.number());
  writer.u16(flow.destination.port.number());
  writer.u16(static_cast<std::uint16_t>(8 + flow.payload.size()));
  writer.u16(0);
  writer.bytes(flow.payload);
  const Bytes datagram = Bytes{frame}.subspan(kFrameHeader - 8);
  store_be16(&datagram[6], udp_checksum(flow, datagram));
  return frame;
}

std::vector<std::byte> make_run(const MacAddress& from, const MacAddress& to, const FrameFlow& flow,
                                std::size_t count) {
  const std::size_t size = flow.payload.size();
  std::vector<std::byte> frame(relay::kMaxFrameHeader + count * size);
  const std::size_t header = relay::write_frame_header(
      frame.data(), {0, from, to, 0, 0},
      {flow.source, flow.destination, {}, 0, count * size, static_cast<std::uint16_t>(size)});
  frame.resize(header + count * size);
  for (std::size_t i = 0; i < count; ++i) {
    std::copy(flow.payload.begin(), flow.payload.end(), frame.begin() + header + i * size);
  }
  return frame;
}

}  // namespace avedge::bench
