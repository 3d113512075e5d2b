// Ethernet frames with a UDP datagram in them, made before they are sent: a generator that asks the
// kernel for routes and headers again for each packet is no cheaper than what it measures.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "relay/core/bytes.h"
#include "relay/core/endpoint.h"

namespace avedge::bench {

using MacAddress = std::array<std::byte, 6>;

/// "02:42:ac:11:00:02".
[[nodiscard]] std::optional<MacAddress> parse_mac(std::string_view text);

/// What one flow sends.
struct FrameFlow {
  Endpoint source;
  Endpoint destination;
  std::vector<std::byte> payload;
};

/// `SOURCE DESTINATION SIZE [PREFIX]`, such as `198.51.100.20:4001 198.51.100.10:3478 176
/// 400000ac`: a UDP payload of SIZE bytes that begins with PREFIX, in hexadecimal, and is zero
/// behind it. IPv4.
[[nodiscard]] std::optional<FrameFlow> parse_frame_flow(const std::string& line);

/// Bytes of a frame in front of the UDP payload, and where its checksum is.
inline constexpr std::size_t kFrameHeader = 14 + 20 + 8;
inline constexpr std::size_t kUdpChecksumAt = kFrameHeader - 2;

/// With its UDP checksum: what has none is never aggregated by the receiving kernel.
[[nodiscard]] std::vector<std::byte> make_frame(const MacAddress& from, const MacAddress& to,
                                                const FrameFlow& flow);

/// `count` such datagrams in one frame, as the kernel aggregates what arrives in a row (GRO); with
/// the header of PACKET_VNET_HDR in front, which says so.
[[nodiscard]] std::vector<std::byte> make_run(const MacAddress& from, const MacAddress& to,
                                              const FrameFlow& flow, std::size_t count);

}  // namespace avedge::bench
