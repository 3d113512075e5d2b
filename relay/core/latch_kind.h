// By what a party of an anchored call became known to be at an endpoint. Metric labels; names are a
// contract.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace avedge {

enum class LatchKind : std::uint8_t {
  exact,     // its packets come from the signalled endpoint
  address,   // … from another port of an admitted address
  check,     // a verified ICE check, or the verified response to one
  moved,     // its stream went on from another endpoint after silence
  reclaimed  // … and was there all the same: the endpoint it had moved from spoke again
};
inline constexpr std::array<std::string_view, 5> kLatchKindLabels{"exact", "address", "check",
                                                                  "moved", "reclaimed"};

}  // namespace avedge
