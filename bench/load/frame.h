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

/// Bytes of a frame in front of the UDP payload.
inline constexpr std::size_t kFrameHeader = 14 + 20 + 8;

/// Without a UDP checksum, which RFC 768 allows: a network card would have checked it.
[[nodiscard]] std::vector<std::byte> make_frame(const MacAddress& from, const MacAddress& to,
                                                const FrameFlow& flow);

}  // namespace avedge::bench
