// What of the configuration contract this version can honour. A key or value of the contract that
// is not here yet is refused, because an operator must not believe in a lock that is not there.
#pragma once

#include <array>

#include "relay/core/endpoint.h"

namespace avedge::edge {

inline constexpr std::array kTurnTransports{Transport::udp};
inline constexpr std::array kSipTransports{Transport::udp, Transport::tcp};

}  // namespace avedge::edge
