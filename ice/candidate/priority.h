// How candidates are ranked (RFC 8445 §5.1.2). Internal to candidate/.
#pragma once

#include <cstdint>

namespace avedge::candidate {

/// RFC 8445 §5.1.2.2: what hosts and relays are recommended to have.
inline constexpr std::uint32_t kHostPreference = 126;
inline constexpr std::uint32_t kRelayPreference = 0;

/// RFC 8445 §5.1.2.1.
constexpr std::uint32_t priority_of(std::uint32_t type_preference, std::uint32_t local_preference,
                                    std::uint16_t component) {
  return (type_preference << 24) + (local_preference << 8) + (256U - component);
}

}  // namespace avedge::candidate
