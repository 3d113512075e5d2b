// The two parties of an anchored call.
#pragma once

#include <cstdint>

namespace avedge {

/// The caller sent the initial INVITE of the dialog.
enum class Side : std::uint8_t { caller, callee };

constexpr Side other(Side side) {
  return side == Side::caller ? Side::callee : Side::caller;
}

}  // namespace avedge
