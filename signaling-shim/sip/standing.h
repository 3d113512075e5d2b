// How far the edge trusts a TCP or TLS connection with its resources, and the limits that apply.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace avedge::sip {

enum class Standing : std::uint8_t {
  stranger,  // any host may have opened it
  known,     // carried a REGISTER that was answered 2xx, or a verified client certificate
  next_hop   // to or from an address of a configured next hop
};

/// Metric labels, by Standing.
inline constexpr std::array<std::string_view, 3> kStandingLabels{"stranger", "known", "next_hop"};

/// The limits that evict or refuse unproven connections, by their configuration keys.
enum class ConnectionLimit : std::uint8_t {
  connections,
  connections_per_source,
  handshakes,
  handshakes_per_source
};
inline constexpr std::array<std::string_view, 4> kConnectionLimitLabels{
    "connections", "connections_per_source", "handshakes", "handshakes_per_source"};

}  // namespace avedge::sip
