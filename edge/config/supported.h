// What of the configuration contract this version can honour. A key or value of the contract that
// is not here yet is refused, because an operator must not believe in a lock that is not there.
#pragma once

#include <array>
#include <span>

#include "relay/core/endpoint.h"

namespace avedge::edge {

struct SupportedListener {
  std::span<const Transport> transports;
  bool certificate = false;
  bool proxy_protocol = false;
};

inline constexpr std::array kTurnTransports{Transport::udp, Transport::tcp, Transport::tls,
                                            Transport::dtls};
inline constexpr SupportedListener kTurnListener{kTurnTransports, true, true};

inline constexpr std::array kSipTransports{Transport::udp, Transport::tcp, Transport::tls};
inline constexpr SupportedListener kSipListener{kSipTransports, true, false};

}  // namespace avedge::edge
