// How datagrams leave where there is a choice.
#pragma once

#include <cstdint>

namespace avedge {

enum class Egress : std::uint8_t {
  sockets,  // by the socket that they belong to
  frames    // as Ethernet frames, past the firewall's output rules; requires CAP_NET_RAW
};

}  // namespace avedge
