#include "signaling-shim/trace/hep.h"

#include <algorithm>

#include "signaling-shim/trace/message_parts.h"

namespace avedge::trace {
namespace {

/// Generic chunks have vendor 0 and these types.
enum class Chunk : std::uint16_t {
  ip_family = 0x0001,
  ip_protocol = 0x0002,
  source_ipv4 = 0x0003,
  destination_ipv4 = 0x0004,
  source_ipv6 = 0x0005,
  destination_ipv6 = 0x0006,
  source_port = 0x0007,
  destination_port = 0x0008,
  seconds = 0x0009,
  microseconds = 0x000a,
  payload_protocol = 0x000b,
  capture_id = 0x000c,
  password = 0x000e,
  payload = 0x000f,
  correlation_id = 0x0011
};

constexpr std::size_t kChunkHeader = 6;
/// Longer Call-IDs are cut, so that there is always room for the message.
constexpr std::size_t kLongestCorrelationId = 1024;
constexpr std::size_t kLongestPassword = 255;

// Values fixed elsewhere: address families as collectors expect them, IANA's protocol numbers, and
// HEP's own number for SIP.
constexpr std::uint8_t kFamilyIpv4 = 2;
constexpr std::uint8_t kFamilyIpv6 = 10;
constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint8_t kPayloadSip = 1;

class PacketWriter {
 public:
  PacketWriter() { packet_ = std::string{"HEP3\0\0", kChunkHeader}; }

  void chunk(Chunk type, std::string_view value) {
    number(0, 2);
    number(static_cast<std::uint16_t>(type), 2);
    number(static_cast<std::uint32_t>(kChunkHeader + value.size()), 2);
    packet_.append(value);
  }
  void chunk8(Chunk type, std::uint8_t value) { chunk(type, big_endian(value, 1)); }
  void chunk16(Chunk type, std::uint16_t value) { chunk(type, big_endian(value, 2)); }
  void chunk32(Chunk type, std::uint32_t value) { chunk(type, big_endian(value, 4)); }

  /// How long a value the next chunk may have.
  [[nodiscard]] std::size_t room() const { return kMaxHepPacket - packet_.size() - kChunkHeader; }

  std::string finish() {
    packet_.replace(4, 2, big_endian(static_cast<std::uint32_t>(packet_.size()), 2));
    return std::move(packet_);
  }

 private:
  static std::string big_endian(std::uint32_t value, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = size; i > 0; --i, value >>= 8) bytes[i - 1] = static_cast<char>(value);
    return bytes;
  }
  void number(std::uint32_t value, std::size_t size) { packet_.append(big_endian(value, size)); }

  std::string packet_;
};

void add_endpoints(PacketWriter& writer, const Endpoint& source, const Endpoint& destination) {
  const bool v4 = source.address.is_v4();
  writer.chunk(v4 ? Chunk::source_ipv4 : Chunk::source_ipv6, text_of(source.address.bytes()));
  writer.chunk(v4 ? Chunk::destination_ipv4 : Chunk::destination_ipv6,
               text_of(destination.address.bytes()));
  writer.chunk16(Chunk::source_port, source.port.number());
  writer.chunk16(Chunk::destination_port, destination.port.number());
}

void add_time(PacketWriter& writer, WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  writer.chunk32(Chunk::seconds, static_cast<std::uint32_t>(seconds.time_since_epoch().count()));
  writer.chunk32(Chunk::microseconds, static_cast<std::uint32_t>((time - seconds).count()));
}

}  // namespace

std::string hep_packet(const Message& message, const HepAgent& agent) {
  const bool incoming = message.direction == Direction::incoming;
  const bool datagrams =
      message.transport == Transport::udp || message.transport == Transport::dtls;
  PacketWriter writer;
  writer.chunk8(Chunk::ip_family, message.peer.address.is_v4() ? kFamilyIpv4 : kFamilyIpv6);
  writer.chunk8(Chunk::ip_protocol, datagrams ? kProtocolUdp : kProtocolTcp);
  add_endpoints(writer, incoming ? message.peer : message.local,
                incoming ? message.local : message.peer);
  add_time(writer, message.time);
  writer.chunk8(Chunk::payload_protocol, kPayloadSip);
  writer.chunk32(Chunk::capture_id, agent.capture_id);
  if (!agent.password.empty()) {
    writer.chunk(Chunk::password, std::string_view{agent.password}.substr(0, kLongestPassword));
  }
  const std::string_view text = message.text;
  if (const auto call_id = find_field(split_message(text).fields, "Call-ID", 'i')) {
    writer.chunk(Chunk::correlation_id, call_id->substr(0, kLongestCorrelationId));
  }
  writer.chunk(Chunk::payload, text.substr(0, writer.room()));
  return writer.finish();
}

}  // namespace avedge::trace
